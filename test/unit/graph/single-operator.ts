import { createAssembly } from '../../../sidecar/graph/assembly.ts';
import { recordForward } from '../../../sidecar/graph/differentiate.ts';
import type { Attributes, Graph, Node, Tensor } from '../../../sidecar/graph/model.ts';
import { inferShapes } from '../../../sidecar/graph/shapes.ts';
import { modelOf, runModel } from './run-graph.ts';

/** One operator over float inputs and constants. */
export interface SingleOperator {
  readonly op: string;
  /** Shapes of the float inputs, by name. */
  readonly inputs: Readonly<Record<string, readonly number[]>>;
  readonly constants?: readonly Tensor[];
  readonly attributes: Attributes;
  /** Operator set that has it; 17 by default. */
  readonly opset?: number;
}

export const ints = (value: readonly number[]) => ({ kind: 'ints', value }) as const;
export const int = (value: number) => ({ kind: 'int', value }) as const;

export const graphOf = ({ op, inputs, constants = [], attributes }: SingleOperator): Graph => {
  const names = [...Object.keys(inputs), ...constants.map(({ name }) => name)];
  const node: Node = { name: op, op, domain: '', inputs: names, outputs: ['y'], attributes };
  return {
    name: op,
    nodes: [node],
    inputs: Object.entries(inputs).map(([name, shape]) => ({ name, type: 'float32', shape })),
    outputs: [{ name: 'y', type: 'float32', shape: [], unranked: true }],
    initializers: constants,
  };
};

type Values = Readonly<Record<string, Float32Array>>;

export const outputShapeOf = (given: SingleOperator): readonly number[] =>
  inferShapes(graphOf(given), {}).get('y')!.shape;

export const forward = async (given: SingleOperator, values: Values): Promise<Float32Array> =>
  (await runModel(modelOf(graphOf(given), given.opset), values))['y']!;

/** Gradients of the float inputs, by name; none for one that has no gradient. */
export const backward = async (given: SingleOperator, values: Values, dy: Float32Array): Promise<Values> => {
  const graph = graphOf(given);
  const shapes = inferShapes(graph, {});
  const assembly = createAssembly('g.', given.opset ?? 17);
  const wanted = Object.keys(given.inputs);
  const tape = recordForward({ graph, shapes, assembly, wanted, mode: 'inference' });
  const gradients = tape.backward(new Map([['y', 'dy']]));
  for (const [name, gradient] of gradients) assembly.add('Identity', [gradient], {}, `d ${name}`);
  if (gradients.size === 0) return {};
  const results = await runModel(
    modelOf(
      {
        ...graph,
        nodes: assembly.nodes(),
        inputs: [...graph.inputs, { name: 'dy', type: 'float32', shape: shapes.get('y')!.shape }],
        outputs: [...gradients.keys()].map((name) => ({
          name: `d ${name}`,
          type: 'float32',
          shape: given.inputs[name]!,
        })),
        initializers: [...graph.initializers, ...assembly.constants()],
      },
      given.opset,
    ),
    { ...values, dy },
  );
  return Object.fromEntries([...gradients.keys()].map((name) => [name, results[`d ${name}`]!]));
};

export const dot = (a: Float32Array, b: Float32Array): number =>
  a.reduce((sum, value, index) => sum + value * b[index]!, 0);
