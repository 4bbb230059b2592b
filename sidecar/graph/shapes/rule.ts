import { GraphError } from '../graph-error.ts';
import type { ElementType, Node } from '../model.ts';
import { intsOf } from '../attributes.ts';

/** What is known about a value before it is computed. */
export interface Known {
  readonly type: ElementType;
  readonly shape: readonly number[];
  /** The elements themselves, for small values that follow from constants and shapes alone. */
  readonly elements?: readonly number[];
}

export interface ShapeRequest {
  readonly node: Node;
  /** Undefined where an optional input is left out. */
  readonly inputs: readonly (Known | undefined)[];
}

/** What an operator makes of its inputs, one entry an output. */
export type ShapeRule = (request: ShapeRequest) => readonly Known[];

/** The input at the index; throws a GraphError where the node leaves it out. */
export const inputAt = ({ node, inputs }: ShapeRequest, index: number): Known => {
  const input = inputs[index];
  if (input === undefined) throw new GraphError(`The operator ${node.op} lacks its input ${index}.`, node.name);
  return input;
};

/** The elements of an input that must be known beforehand, such as the shape of a Reshape; undefined if left out. */
export const elementsAt = ({ node, inputs }: ShapeRequest, index: number): readonly number[] | undefined => {
  const input = inputs[index];
  if (input === undefined) return undefined;
  if (input.elements === undefined)
    throw new GraphError(
      `The operator ${node.op} has a shape that depends on data, which is not supported.`,
      node.name,
    );
  return input.elements;
};

/** Numbers that older operator sets give as an attribute and newer ones as an input. */
export const listAt = (request: ShapeRequest, attribute: string, index: number): readonly number[] | undefined =>
  intsOf(request.node, attribute) ?? elementsAt(request, index);

/** An axis counted from the front. */
export const axisOf = (axis: number, rank: number): number => (axis < 0 ? axis + rank : axis);

/** The shape that two shapes broadcast to. Source: the ONNX specification, "Multidirectional Broadcasting". */
export const broadcast = (left: readonly number[], right: readonly number[], node: Node): readonly number[] => {
  const rank = Math.max(left.length, right.length);
  return Array.from({ length: rank }, (_, index) => {
    const a = left[index - rank + left.length] ?? 1;
    const b = right[index - rank + right.length] ?? 1;
    if (a !== b && a !== 1 && b !== 1)
      throw new GraphError(`The operator ${node.op} cannot join ${shown(left)} and ${shown(right)}.`, node.name);
    return a === 1 ? b : a;
  });
};

export const shown = (shape: readonly number[]): string => `[${shape.join(', ')}]`;
