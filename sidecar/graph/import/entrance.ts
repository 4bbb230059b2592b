import type { Normalization } from '../build.ts';
import type { Assembly } from '../assembly.ts';
import { intAttribute, intsAttribute } from '../attributes.ts';
import { codeOf } from '../element-types.ts';
import { GraphError } from '../graph-error.ts';
import type { Graph, ValueInfo } from '../model.ts';
import { float32 } from '../model.ts';
import { rowsSymbol } from './free-batch.ts';
import { layoutOf, type Layout } from './layout.ts';
import { assemblyFor, consumersOf, initializerOf, withTensors } from './workbench.ts';

export interface Entrance {
  /** `[channels, height, width]` or `[columns]`, as rows come. */
  readonly inputShape: readonly number[];
  /** What rows are normalised with in front of the file's own layers; null for a file that takes raw values. */
  readonly normalization: Normalization | null;
  readonly opset: number;
}

/** The graph with an input called `input` that takes rows as they come, float32. */
export const openEntrance = (graph: Graph, entrance: Entrance): Graph => {
  const layout = layoutOf(graph, entrance.inputShape);
  const [input] = graph.inputs;
  if (input === undefined) throw new GraphError('The file takes no input.');
  const assembly = assemblyFor(graph, 'entrance.', entrance.opset);
  const normal =
    entrance.normalization === null ? 'input' : normalize(assembly, entrance.inputShape, entrance.normalization);
  const laid = layouts[layout](assembly, normal, input);
  if (!takesNumbers(input.type))
    throw new GraphError(`The file’s input “${input.name}” takes ${input.type} values; rows here are numbers.`);
  assembly.add('Cast', [laid], { to: intAttribute(codeOf(input.type)) }, input.name);
  return withTensors(
    {
      ...graph,
      inputs: [{ name: 'input', type: 'float32', shape: [rowsSymbol, ...entrance.inputShape] }],
      nodes: [...assembly.nodes(), ...graph.nodes],
    },
    assembly.constants(),
  );
};

const takesNumbers = (type: ValueInfo['type']): type is 'float32' | 'int32' | 'int64' =>
  ['float32', 'int32', 'int64'].includes(type);

const layouts: Readonly<Record<Layout, (assembly: Assembly, value: string, input: ValueInfo) => string>> = {
  same: (_, value) => value,
  'channels-last': (assembly, value) => assembly.add('Transpose', [value], { perm: intsAttribute([0, 2, 3, 1]) }),
  reshaped: (assembly, value, { shape }) =>
    assembly.add('Reshape', [value, assembly.ints([-1, ...shape.slice(1).map(Number)])]),
};

/** Per channel or column; the numbers are Constant nodes, which nothing trains. */
const normalize = (assembly: Assembly, inputShape: readonly number[], { mean, std }: Normalization): string => {
  const dims = inputShape.map((dim, axis) => (axis === 0 && mean.length > 1 ? dim : 1));
  const constant = (name: string, values: readonly number[]) =>
    assembly.add(
      'Constant',
      [],
      { value: { kind: 'tensor', value: float32('', dims, Float32Array.from(values)) } },
      name,
    );
  const centred = assembly.add('Sub', ['input', constant('input.mean', mean)]);
  return assembly.add('Div', [
    centred,
    constant(
      'input.std',
      std.map((value) => (value === 0 ? 1 : value)),
    ),
  ]);
};

const carrying = new Set(['Transpose', 'Reshape', 'Cast', 'Flatten', 'Squeeze', 'Unsqueeze']);
const arithmetic = new Set(['Sub', 'Div', 'Mul', 'Add']);

/** Whether the file's first arithmetic is with constants, as a Rescaling or Normalization layer is. */
export const normalizesItself = (graph: Graph): boolean => {
  let value = graph.inputs[0]?.name ?? '';
  for (;;) {
    const [node, ...others] = consumersOf(graph, value);
    if (node === undefined || others.length > 0) return false;
    if (node.op === 'BatchNormalization') return true;
    if (arithmetic.has(node.op)) return node.inputs.some((name) => initializerOf(graph, name) !== undefined);
    if (!carrying.has(node.op)) return false;
    value = node.outputs[0] ?? '';
  }
};
