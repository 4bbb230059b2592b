import { readFileSync } from 'node:fs';
import path from 'node:path';
import { createAssembly } from '../../../sidecar/graph/assembly.ts';
import { recordForward } from '../../../sidecar/graph/differentiate.ts';
import type { Attribute, Graph, Node, Tensor, ValueInfo } from '../../../sidecar/graph/model.ts';
import { float32, int64 } from '../../../sidecar/graph/model.ts';
import { inferShapes } from '../../../sidecar/graph/shapes.ts';

interface Values {
  readonly shape: readonly number[];
  readonly dtype: 'float32' | 'int64';
  readonly data: readonly number[];
}

/** One case of test/fixtures/gradients; its README says what the fields mean. */
export interface GradientCase {
  readonly op: string;
  readonly opset: number;
  readonly attrs: Readonly<Record<string, number | string | readonly number[] | readonly (readonly number[])[]>>;
  readonly inputs: readonly (Values & { readonly name: string })[];
  readonly output: Values;
  readonly dy: Values;
  readonly grads: Readonly<Record<string, Values | null>>;
  readonly tol: { readonly rel_l2: number };
}

const folder = path.join(import.meta.dirname, '../../fixtures/gradients');

export const caseNames: readonly string[] = (
  JSON.parse(readFileSync(path.join(folder, 'index.json'), 'utf8')) as { cases: { case: string }[] }
).cases.map((entry) => entry.case);

export const readCase = (name: string): GradientCase =>
  JSON.parse(readFileSync(path.join(folder, `${name}.json`), 'utf8')) as GradientCase;

/** Attributes of a case that the operator takes as inputs, in the order of those inputs. */
const asInputs: Readonly<Record<string, readonly (readonly [string, 'float32' | 'int64' | 'bool'])[]>> = {
  Clip: [
    ['min', 'float32'],
    ['max', 'float32'],
  ],
  Pad: [['pads', 'int64']],
  Expand: [['shape', 'int64']],
  ReduceSum: [['axes', 'int64']],
  Split: [['split', 'int64']],
  Slice: [
    ['starts', 'int64'],
    ['ends', 'int64'],
    ['axes', 'int64'],
    ['steps', 'int64'],
  ],
};

const floatAttributes = new Set(['epsilon', 'alpha', 'beta']);

const attributeOf = (name: string, value: unknown): Attribute => {
  if (typeof value === 'string') return { kind: 'string', value };
  if (typeof value === 'number') return { kind: floatAttributes.has(name) ? 'float' : 'int', value };
  return { kind: 'ints', value: value as number[] };
};

const constant = (name: string, type: 'float32' | 'int64' | 'bool', value: unknown): Tensor => {
  const values = [value].flat(3) as number[];
  const dims = Array.isArray(value) ? [values.length] : [];
  if (type === 'int64') return int64(name, dims, values);
  if (type === 'bool') return { name, type, dims: [1, values.length], data: Uint8Array.from(values) };
  return float32(name, dims, Float32Array.from(values));
};

/** The inputs of the case's node, constants among them. */
const wire = ({
  op,
  attrs,
  inputs,
}: GradientCase): { readonly names: readonly string[]; readonly constants: readonly Tensor[] } => {
  const given = inputs.map(({ name }) => name);
  if (op === 'Where') return { names: ['cond', ...given], constants: [constant('cond', 'bool', attrs['cond'])] };
  if (op === 'Resize')
    return { names: [...given, '', 'scales'], constants: [constant('scales', 'float32', attrs['scales'])] };
  if (op === 'BatchNormalization' && given.length === 3) {
    const channels = inputs[1]!.shape;
    const zeros = float32('running_mean', channels, new Float32Array(channels[0]!));
    const ones = float32('running_variance', channels, new Float32Array(channels[0]!).fill(1));
    return { names: [...given, zeros.name, ones.name], constants: [zeros, ones] };
  }
  const extra = (asInputs[op] ?? []).map(([name, type]) => constant(name, type, attrs[name]));
  return { names: [...given, ...extra.map(({ name }) => name)], constants: extra };
};

export const caseGraph = (given: GradientCase): { readonly graph: Graph; readonly output: string } => {
  const { op, attrs, inputs } = given;
  const { names, constants } = wire(given);
  const taken = new Set([...constants.map(({ name }) => name), 'output_index', 'cond', 'training_mode']);
  const index = Number(attrs['output_index'] ?? 0);
  const node: Node = {
    name: op,
    op,
    domain: '',
    inputs: names,
    outputs: Array.from({ length: index + 1 }, (_, at) => `y${at}`),
    attributes: Object.fromEntries(
      Object.entries(attrs)
        .filter(([name]) => !taken.has(name))
        .map(([name, value]) => [name, attributeOf(name, value)]),
    ),
  };
  const values = inputs.map(({ name, dtype, shape }): ValueInfo => ({ name, type: dtype, shape }));
  const output = `y${index}`;
  const graph: Graph = {
    name: op,
    nodes: [node],
    inputs: values,
    outputs: [{ name: output, type: 'float32', shape: given.output.shape }],
    initializers: constants,
  };
  return { graph, output };
};

/** The graph that computes a case's output and all gradients that the case knows, called `d <input>`. */
export const differentiateCase = (given: GradientCase): { readonly graph: Graph; readonly output: string } => {
  const { graph, output } = caseGraph(given);
  const assembly = createAssembly('g.', given.opset);
  const wanted = Object.keys(given.grads).filter((name) => given.grads[name] !== null);
  const mode = given.attrs['training_mode'] === 1 ? 'training' : 'inference';
  const shapes = inferShapes(graph, {});
  const tape = recordForward({ graph, shapes, assembly, wanted, mode });
  const gradients = tape.backward(new Map([[output, 'dy']]));
  for (const [name, gradient] of gradients) assembly.add('Identity', [gradient], {}, `d ${name}`);
  return {
    output,
    graph: {
      ...graph,
      nodes: assembly.nodes(),
      inputs: [...graph.inputs, { name: 'dy', type: 'float32', shape: given.dy.shape }],
      outputs: [
        ...graph.outputs,
        ...[...gradients.keys()].map((name): ValueInfo => ({
          name: `d ${name}`,
          type: 'float32',
          shape: given.grads[name]!.shape,
        })),
      ],
      initializers: [...graph.initializers, ...assembly.constants()],
    },
  };
};
