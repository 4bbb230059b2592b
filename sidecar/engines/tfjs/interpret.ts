import { GraphError } from '../../graph/graph-error.ts';
import type { Graph, Node, Tensor } from '../../graph/model.ts';
import type { Shapes } from '../../graph/shapes.ts';
import type { Known } from '../../graph/shapes/rule.ts';
import { convolutions } from './operators/convolutions.ts';
import { elementwise, typeNameOf } from './operators/elementwise.ts';
import { normalizations } from './operators/normalizations.ts';
import { pooling } from './operators/pooling.ts';
import { products } from './operators/products.ts';
import { rearrangements } from './operators/rearrangements.ts';
import { reductions } from './operators/reductions.ts';
import type { Operator, Tensorflow, Value } from './operators/rule.ts';

const operators = new Map<string, Operator>(
  Object.entries({
    ...elementwise,
    ...convolutions,
    ...pooling,
    ...products,
    ...reductions,
    ...rearrangements,
    ...normalizations,
  }),
);

/** Operators that engine: tfjs computes. */
export const interpretedOperators: readonly string[] = [...operators.keys()].toSorted();

/** A graph that can be computed again and again with tensorflow.js. */
export interface Program {
  /** Computes every value of the graph from what is fed, by name; runs within whatever tidy or tape is around it. */
  readonly run: (feeds: ReadonlyMap<string, Value>) => (name: string) => Value;
  readonly close: () => void;
}

/**
 * Prepares a graph: its initializers become tensors of the library, which `close` gives back.
 *
 * @param shapes of the graph's values, for the batch size that it will be run with
 * @throws GraphError for an operator that the library has not, or not with a gradient
 */
export const openProgram = (tf: Tensorflow, graph: Graph, shapes: Shapes): Program => {
  const nodes = graph.nodes.filter((node) => !isKnown(node, shapes));
  const plan = nodes.map((node) => ({ node, compute: operatorOf(node) }));
  const fixed = new Map(constantsOf(graph).map(([name, tensor]) => [name, toValue(tf, tensor)]));
  const constant = (name: string): Value => {
    const value = fixed.get(name) ?? knownValue(tf, shapes.get(name));
    if (value === undefined) throw new GraphError(`Nothing makes the value “${name}”.`);
    // Made within a step at first, it must outlive that step.
    fixed.set(name, tf.keep(value));
    return value;
  };
  return {
    run: (feeds) => {
      const values = new Map(feeds);
      const read = (name: string): Value => values.get(name) ?? constant(name);
      for (const { node, compute } of plan) {
        const inputs = node.inputs.map((name) => shapes.get(name));
        const given = node.inputs.map((name) => (name === '' ? undefined : read(name)));
        const outputs = compute({ tf, node, inputs, values: given });
        for (const [index, value] of outputs.entries()) values.set(node.outputs[index] ?? '', value);
      }
      return read;
    },
    close: () => {
      for (const value of fixed.values()) value.dispose();
    },
  };
};

/** What follows from constants and shapes alone is not computed again. */
const isKnown = ({ op, outputs }: Node, shapes: Shapes): boolean =>
  op === 'Constant' || outputs.every((name) => shapes.get(name)?.elements !== undefined);

const operatorOf = (node: Node): Operator => {
  const operator = node.domain === '' ? operators.get(node.op) : undefined;
  if (operator === undefined)
    throw new GraphError(`engine: tfjs does not know the operator ${node.op}. Use engine: onnx.`, node.name);
  return operator;
};

/** Initializers and the tensors of Constant nodes, by the name of their value. */
const constantsOf = (graph: Graph): readonly (readonly [string, Tensor])[] => [
  ...graph.initializers.map((tensor) => [tensor.name, tensor] as const),
  ...graph.nodes.flatMap(({ op, outputs, attributes }) => {
    const given = attributes['value'];
    return op === 'Constant' && given?.kind === 'tensor' ? [[outputs[0] ?? '', given.value] as const] : [];
  }),
];

const toValue = (tf: Tensorflow, { type, dims, data }: Tensor): Value => {
  const name = typeNameOf(type);
  if (data instanceof Float32Array) return tf.tensor(Float32Array.from(data), [...dims], name);
  return tf.tensor(Array.from(data as ArrayLike<number | bigint>, Number), [...dims], name);
};

/** Small whole numbers and conditions that follow from shapes. */
const knownValue = (tf: Tensorflow, known: Known | undefined): Value | undefined =>
  known?.elements && tf.tensor([...known.elements], [...known.shape], typeNameOf(known.type));
