import { GraphError } from './graph-error.ts';
import type { Graph, Node, ValueInfo } from './model.ts';
import { constants, knownTensor } from './shapes/constants.ts';
import { elementwise } from './shapes/elementwise.ts';
import { products } from './shapes/products.ts';
import { rearrangements } from './shapes/rearrangements.ts';
import { reductions } from './shapes/reductions.ts';
import type { Known, ShapeRule } from './shapes/rule.ts';
import { windows } from './shapes/windows.ts';
import { wayOutOfStranger } from './ways-out.ts';

const rules = new Map<string, ShapeRule>(
  Object.entries({ ...elementwise, ...windows, ...products, ...reductions, ...rearrangements, ...constants }),
);

/** Operators whose results have a known type and shape, so that a trained model may hold them. */
export const shapedOperators: readonly string[] = [...rules.keys()].toSorted();

/** Type and shape of every value by name; small values that follow from constants also carry their elements. */
export type Shapes = ReadonlyMap<string, Known>;

/**
 * Type and shape of every value of the graph once its symbols have numbers, for example `{ N: 64 }`.
 *
 * Throws a GraphError for a symbol without a number, an operator that is not known here, a shape that depends on
 * data, and shapes that do not fit together. Source of the rules: ONNX Operators.
 */
export const inferShapes = (graph: Graph, bindings: Readonly<Record<string, number>>): Shapes => {
  const shapes = new Map<string, Known>();
  for (const tensor of graph.initializers) shapes.set(tensor.name, knownTensor(tensor));
  for (const input of graph.inputs) shapes.set(input.name, bind(input, bindings));
  for (const node of graph.nodes) inferNode(node, shapes);
  return shapes;
};

const bind = ({ name, type, shape }: ValueInfo, bindings: Readonly<Record<string, number>>): Known => {
  if (type === 'other') throw new GraphError(`The input “${name}” is no tensor.`);
  const dims = shape.map((dim) => {
    const size = typeof dim === 'number' ? dim : Object.hasOwn(bindings, dim) ? bindings[dim] : undefined;
    if (size === undefined) throw new GraphError(`The dimension “${dim}” of the input “${name}” has no number.`);
    return size;
  });
  return { type, shape: dims };
};

const inferNode = (node: Node, shapes: Map<string, Known>): void => {
  const rule = node.domain === '' ? rules.get(node.op) : undefined;
  if (rule === undefined)
    throw new GraphError(`The operator ${node.op} is not known here.`, node.name, wayOutOfStranger(node.op));
  const outputs = rule({ node, inputs: node.inputs.map((name) => shapes.get(name)) });
  for (const [index, name] of node.outputs.entries()) {
    const output = outputs[index];
    if (name !== '' && output !== undefined) shapes.set(name, output);
  }
};
