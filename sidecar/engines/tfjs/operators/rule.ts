import type * as tensorflow from '@tensorflow/tfjs';
import { GraphError } from '../../../graph/graph-error.ts';
import type { ShapeRequest } from '../../../graph/shapes/rule.ts';

/** The library; its code is loaded only where a model is trained with it. */
export type Tensorflow = typeof tensorflow;
export type Value = tensorflow.Tensor;
export type Matrix = tensorflow.Tensor2D;
/** `[N, H, W, C]`, as the library wants images; ONNX has `[N, C, H, W]`. */
export type Image = tensorflow.Tensor4D;

/** One node about to be computed: what it is given, and what is known of it beforehand. */
export interface Site extends ShapeRequest {
  readonly tf: Tensorflow;
  /** Undefined where an optional input is left out. */
  readonly values: readonly (Value | undefined)[];
}

/** Computes a node's outputs, in their order. What it is made of must have a gradient in the library. */
export type Operator = (site: Site) => readonly Value[];

export type Operators = Readonly<Record<string, Operator>>;

/** The input at the index; throws a GraphError where the node leaves it out. */
export const valueAt = ({ node, values }: Site, index: number): Value => {
  const value = values[index];
  if (value === undefined) throw new GraphError(`The operator ${node.op} lacks its input ${index}.`, node.name);
  return value;
};
