import type { ElementType, Graph, Node } from './model.ts';
import { sizeOf } from './model.ts';
import type { Shapes } from './shapes.ts';

const bytesOf: Readonly<Partial<Record<ElementType, number>>> = {
  float32: 4,
  float64: 8,
  int64: 8,
  uint64: 8,
  int32: 4,
  uint32: 4,
  float16: 2,
  bfloat16: 2,
  int16: 2,
  uint16: 2,
};

/** Operators whose output is the input in another shape: they take no memory. */
const views = new Set(['Reshape', 'Flatten', 'Squeeze', 'Unsqueeze', 'Identity']);

/** Operators that may write into the memory of an input that nobody reads afterwards. */
const inPlace = new Set(
  'Add Sub Mul Div Neg Exp Sqrt Relu Sigmoid Tanh Clip Reciprocal Abs Max Min Where BatchNormalization Softplus'.split(
    ' ',
  ),
);

/**
 * Most bytes that the values of a graph take at one time when its nodes are computed in their order, each value being
 * given back after its last reader. Inputs, outputs and initializers are not counted: they are there all the time.
 */
export const peakBytes = (graph: Graph, shapes: Shapes): number => {
  const owners = ownersOf(graph.nodes);
  const lasting = new Set([...graph.inputs, ...graph.outputs, ...graph.initializers].map(({ name }) => name));
  const owner = (name: string): string => owners.get(name) ?? name;
  const lastRead = new Map<string, number>();
  for (const [at, { inputs }] of graph.nodes.entries()) for (const name of inputs) lastRead.set(owner(name), at);
  const sizes = new Map<string, number>();
  let [now, peak] = [0, 0];
  for (const [at, node] of graph.nodes.entries()) {
    const dying = [...new Set(node.inputs.map(owner))].filter((name) => sizes.has(name) && lastRead.get(name) === at);
    const freed = dying.reduce((sum, name) => sum + (sizes.get(name) ?? 0), 0);
    const made = node.outputs.filter((name) => name !== '' && !lasting.has(name) && owner(name) === name);
    const needed = made.reduce((sum, name) => sum + valueBytes(name, shapes), 0);
    peak = Math.max(peak, now + (inPlace.has(node.op) ? Math.max(needed - freed, 0) : needed));
    for (const name of made) sizes.set(name, valueBytes(name, shapes));
    for (const name of dying) sizes.delete(name);
    now += needed - freed;
  }
  return peak;
};

const valueBytes = (name: string, shapes: Shapes): number => {
  const known = shapes.get(name);
  return known === undefined ? 0 : sizeOf(known.shape) * (bytesOf[known.type] ?? 1);
};

/** Which value's memory a view shows. */
const ownersOf = (nodes: readonly Node[]): ReadonlyMap<string, string> => {
  const owners = new Map<string, string>();
  for (const { op, inputs, outputs } of nodes) {
    const [input = '', output = ''] = [inputs[0], outputs[0]];
    if (views.has(op)) owners.set(output, owners.get(input) ?? input);
  }
  return owners;
};
