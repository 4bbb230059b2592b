import type { Assembly } from '../assembly.ts';
import { GraphError } from '../graph-error.ts';
import type { Node } from '../model.ts';
import { sizeOf } from '../model.ts';
import type { Shapes } from '../shapes.ts';
import type { Known, ShapeRequest } from '../shapes/rule.ts';

/** Values that the forward pass keeps for the backward pass, by a name that the rule chooses. */
export type Saved = Readonly<Record<string, string>>;

/** A random tensor that the caller draws anew for each step: 0 with probability `share`, else `1 / (1 − share)`. */
export interface Mask {
  readonly name: string;
  readonly dims: readonly number[];
  readonly share: number;
}

/** What a rule sees of the node it differentiates. Shapes and constants are those of the forward graph. */
export interface Site extends ShapeRequest {
  readonly node: Node;
  readonly assembly: Assembly;
  readonly shapes: Shapes;
}

export interface ForwardSite extends Site {
  /** Declares a mask and returns its name. */
  readonly mask: (dims: readonly number[], share: number) => string;
  /** Says that after the step the initializer has become the value: running statistics. */
  readonly update: (initializer: string, value: string) => void;
}

export interface BackwardSite extends Site {
  readonly saved: Saved;
  /** Gradient of the first output. */
  readonly dy: string;
  /** Gradients of all outputs; undefined where nothing reads an output. */
  readonly dys: readonly (string | undefined)[];
  /** Whether the gradient of an input is needed. */
  readonly wants: (input: number) => boolean;
}

/** Gradients of the inputs in their order; undefined where there is none or none is needed. */
export type Backward = (site: BackwardSite) => readonly (string | undefined)[];

/** How an operator is differentiated. */
export interface GradientRule {
  /** Emits the operator with what its gradient needs, under its own output names, and says what that is. */
  readonly forward?: (site: ForwardSite) => Saved;
  /** Emits what the operator becomes while a model is trained: dropping out, normalising by the batch. */
  readonly training?: (site: ForwardSite) => Saved;
  readonly backward: Backward;
}

export type GradientRules = Readonly<Record<string, GradientRule>>;

/** Name of the input at the index; throws a GraphError where the node leaves it out. */
export const inputName = ({ node }: Site, index: number): string => {
  const name = node.inputs[index];
  if (name === undefined || name === '')
    throw new GraphError(`The operator ${node.op} lacks its input ${index}.`, node.name);
  return name;
};

export const outputName = ({ node }: Site, index = 0): string => {
  const name = node.outputs[index];
  if (name === undefined) throw new GraphError(`The operator ${node.op} lacks its output ${index}.`, node.name);
  return name;
};

const known = ({ node, shapes }: Site, name: string): Known => {
  const found = shapes.get(name);
  if (found === undefined) throw new GraphError(`The shape of “${name}” is not known.`, node.name);
  return found;
};

/** Shape of the input at the index. */
export const inputShape = (site: Site, index: number): readonly number[] => known(site, inputName(site, index)).shape;
export const outputShape = (site: Site, index = 0): readonly number[] => known(site, outputName(site, index)).shape;

export const has = ({ node }: Site, index: number): boolean => (node.inputs[index] ?? '') !== '';

/** The value in another shape of the same size; unchanged where it has that shape already. */
export const reshape = (assembly: Assembly, value: string, shape: readonly number[]): string =>
  assembly.add('Reshape', [value, assembly.ints(shape)]);

/** Sums a gradient over the axes along which its input was broadcast. */
export const unbroadcast = (
  assembly: Assembly,
  gradient: string,
  from: readonly number[],
  to: readonly number[],
): string => {
  const lead = from.length - to.length;
  const axes = from.flatMap((dim, index) => (index < lead || (to[index - lead] === 1 && dim !== 1) ? [index] : []));
  const summed = axes.length === 0 ? gradient : assembly.reduce('ReduceSum', gradient, axes, 'keep');
  return lead === 0 ? summed : reshape(assembly, summed, to);
};

/** Float32 zeros of a shape. */
export const zeros = (assembly: Assembly, shape: readonly number[]): string =>
  sizeOf(shape) === 1
    ? assembly.floats([0], shape)
    : assembly.add('Expand', [assembly.floats([0]), assembly.ints(shape)]);
