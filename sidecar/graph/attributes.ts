import type { Attribute, Node } from './model.ts';

export const floatAttribute = (value: number): Attribute => ({ kind: 'float', value });
export const intAttribute = (value: number): Attribute => ({ kind: 'int', value });
export const intsAttribute = (value: readonly number[]): Attribute => ({ kind: 'ints', value });
export const stringAttribute = (value: string): Attribute => ({ kind: 'string', value });

/** The attribute as a number, or the operator's default where it is left out. */
export const numberOf = (node: Node, name: string, otherwise: number): number => {
  const attribute = node.attributes[name];
  return attribute?.kind === 'float' || attribute?.kind === 'int' ? attribute.value : otherwise;
};

export const textOf = (node: Node, name: string, otherwise: string): string => {
  const attribute = node.attributes[name];
  return attribute?.kind === 'string' ? attribute.value : otherwise;
};

/** The attribute as whole numbers, or undefined where it is left out. */
export const intsOf = (node: Node, name: string): readonly number[] | undefined => {
  const attribute = node.attributes[name];
  return attribute?.kind === 'ints' ? attribute.value : undefined;
};
