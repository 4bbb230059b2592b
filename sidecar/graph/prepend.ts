import { GraphError } from './graph-error.ts';
import type { Graph, Model, Node } from './model.ts';
import { withoutUnread } from './prune.ts';

/** Where the name of the value between the two halves is kept. */
const SEAM = 'trainyard.encoded';

/**
 * Two models as one: what the front makes goes into the one input of the other. Values inside the second model that have
 * a name of the front are renamed; its outputs keep theirs, so the front must not use their names.
 */
export const prepend = (front: Graph, model: Model): Model => {
  const [made] = front.outputs;
  const [input, ...more] = model.graph.inputs;
  if (made === undefined || input === undefined || more.length > 0)
    throw new GraphError('Rows of a table go into a model with one input.');
  const taken = new Set(
    [...front.inputs, ...front.initializers, ...front.nodes.flatMap(named)].map(({ name }) => name),
  );
  const rename = (name: string): string =>
    name === input.name ? made.name : taken.has(name) && name !== '' ? `model.${name}` : name;
  return {
    ...model,
    mlOpset: model.mlOpset ?? 3,
    metadata: { ...model.metadata, [SEAM]: made.name },
    graph: {
      ...model.graph,
      inputs: front.inputs,
      initializers: [
        ...front.initializers,
        ...model.graph.initializers.map((tensor) => ({ ...tensor, name: rename(tensor.name) })),
      ],
      nodes: [...front.nodes, ...model.graph.nodes.map((node) => renamed(node, rename))],
    },
  };
};

const named = ({ outputs }: Node) => outputs.map((name) => ({ name }));

const renamed = (node: Node, rename: (name: string) => string): Node => {
  if (Object.values(node.attributes).some(({ kind }) => kind === 'graph')) {
    const inner = node.inputs.concat(node.outputs).filter((name) => rename(name) !== name);
    if (inner.length > 0)
      throw new GraphError(`The operator ${node.op} has a graph inside and reads the input.`, node.name);
  }
  return { ...node, inputs: node.inputs.map(rename), outputs: node.outputs.map(rename) };
};

/**
 * The model behind the seam, which takes encoded rows `[N, width]`; null for a model that was not put together.
 */
export const behindSeam = (model: Model, width: number): Model | null => {
  const seam = model.metadata[SEAM];
  if (seam === undefined) return null;
  const { graph } = model;
  const makers = graph.nodes.findIndex(({ outputs }) => outputs.includes(seam));
  const nodes = withoutUnread(
    graph.nodes.slice(makers + 1),
    graph.outputs.map(({ name }) => name),
  );
  const read = new Set(nodes.flatMap(({ inputs }) => inputs));
  return {
    ...model,
    graph: {
      ...graph,
      nodes,
      inputs: [{ name: seam, type: 'float32', shape: ['N', width] }],
      initializers: graph.initializers.filter(({ name }) => read.has(name)),
    },
  };
};
