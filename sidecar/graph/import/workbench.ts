import type { Assembly } from '../assembly.ts';
import { createAssembly } from '../assembly.ts';
import type { Graph, Node, Tensor, ValueInfo } from '../model.ts';

/** Every name that a value of the graph has. */
const namesOf = (graph: Graph): ReadonlySet<string> =>
  new Set([
    ...graph.inputs.map(({ name }) => name),
    ...graph.initializers.map(({ name }) => name),
    ...graph.nodes.flatMap(({ inputs, outputs }) => [...inputs, ...outputs]),
  ]);

/** An assembly whose new names collide with none of the graph. */
export const assemblyFor = (graph: Graph, prefix: string, opset: number): Assembly => {
  const names = [...namesOf(graph)];
  let fresh = prefix;
  while (names.some((name) => name.startsWith(fresh))) fresh = `_${fresh}`;
  return createAssembly(fresh, opset);
};

/** The graph with other names for some of its values; what is not in the map keeps its name. */
export const renamed = (graph: Graph, names: ReadonlyMap<string, string>): Graph => {
  const to = (name: string): string => names.get(name) ?? name;
  const rename = <Named extends Tensor | ValueInfo>(value: Named): Named => ({ ...value, name: to(value.name) });
  return {
    ...graph,
    nodes: graph.nodes.map((node) => ({ ...node, inputs: node.inputs.map(to), outputs: node.outputs.map(to) })),
    inputs: graph.inputs.map(rename),
    outputs: graph.outputs.map(rename),
    initializers: graph.initializers.map(rename),
  };
};

/** The node that makes a value; undefined for an input or an initializer. */
export const producerOf = ({ nodes }: Graph, value: string): Node | undefined =>
  value === '' ? undefined : nodes.find(({ outputs }) => outputs.includes(value));

export const consumersOf = ({ nodes }: Graph, value: string): readonly Node[] =>
  nodes.filter(({ inputs }) => inputs.includes(value));

export const initializerOf = ({ initializers }: Graph, name: string): Tensor | undefined =>
  name === '' ? undefined : initializers.find((tensor) => tensor.name === name);

/** The graph with the initializers of these names replaced, or added where there were none. */
export const withTensors = (graph: Graph, tensors: readonly Tensor[]): Graph => {
  const replaced = new Set(tensors.map(({ name }) => name));
  return {
    ...graph,
    initializers: [...graph.initializers.filter(({ name }) => !replaced.has(name)), ...tensors],
  };
};

/** The graph in which no value has a name that `isTaken`. */
export const setApart = (graph: Graph, isTaken: (name: string) => boolean): Graph => {
  const names = namesOf(graph);
  const free = (name: string): string => (names.has(name) || isTaken(name) ? free(`file.${name}`) : name);
  const taken = [...names].filter((name) => isTaken(name));
  return renamed(graph, new Map(taken.map((name) => [name, free(name)])));
};
