import type { Assembly } from './assembly.ts';
import { createAssembly } from './assembly.ts';
import { intAttribute } from './attributes.ts';
import { GraphError } from './graph-error.ts';
import type { Model, Tensor, ValueInfo } from './model.ts';
import { float32, writtenIrVersion, writtenOpset } from './model.ts';
import { createRandom, type Random } from './random.ts';
import type { Architecture, Blueprint } from './zoo/blueprint.ts';
import { cnn } from './zoo/cnn.ts';
import { linear } from './zoo/linear.ts';
import { mlp } from './zoo/mlp.ts';
import { mobilenetv2 } from './zoo/mobilenetv2.ts';
import { residualNetworks } from './zoo/residual-network.ts';

export interface Normalization {
  /** One number a channel, a column, or one for all. */
  readonly mean: readonly number[];
  /** Standard deviation, in the same order; 0, as a constant column has it, counts as 1. */
  readonly std: readonly number[];
}

const architectures = { mlp, linear, cnn, mobilenetv2, ...residualNetworks } as const satisfies Record<
  string,
  Architecture
>;

export type ArchitectureName = keyof typeof architectures;

export const isArchitecture = (name: string): name is ArchitectureName => Object.hasOwn(architectures, name);

export interface BuildRequest {
  readonly architecture: ArchitectureName;
  /** `mlp`: hidden, dropout. `cnn`: channels, hidden, dropout. `resnet…`: stem. `mobilenetv2`: width, dropout, stem. */
  readonly params: Readonly<Record<string, unknown>>;
  /** `[channels, height, width]` or `[columns]`. */
  readonly inputShape: readonly number[];
  /** Classes, or 1 for a regression. */
  readonly outputs: number;
  readonly task: 'classification' | 'regression';
  /** `none`: all weights are the same, for whoever wants to know the sizes of a model and nothing else. */
  readonly seed: number | 'none';
  readonly normalization: Normalization;
}

const unrandom: Random = { uniform: () => 0, normal: () => 0, below: () => 0 };

/**
 * An untrained model whose input `input`, float32 `[N, ...inputShape]`, holds raw values: pixels of 0 to 255, or
 * table values as they are encoded. Its first nodes normalise them, so that serving cannot differ from training.
 *
 * Outputs: `logits` and `probabilities` `[N, outputs]` for a classification, `prediction` `[N, outputs]` for a
 * regression. The same request gives the same model, bit for bit.
 */
export const buildModel = (request: BuildRequest): Model => {
  const { architecture, inputShape, outputs, task, params } = request;
  checkShape(inputShape, outputs);
  const assembly = createAssembly('v', writtenOpset);
  const initializers: Tensor[] = [];
  const parameter: Blueprint['parameter'] = (name, dims, data) => {
    initializers.push(float32(name, dims, data));
    return name;
  };
  const input = normalize(assembly, request);
  const random = request.seed === 'none' ? unrandom : createRandom(request.seed);
  const output = task === 'classification' ? 'logits' : 'prediction';
  const metadata: Record<string, string> = { 'trainyard.architecture': architecture, 'trainyard.task': task };
  const tell: Blueprint['tell'] = (what, choice) => void (metadata[`trainyard.${what}`] = choice);
  architectures[architecture]({ assembly, random, params, input, inputShape, output, outputs, parameter, tell });
  const heads = task === 'classification' ? [output, classify(assembly, output)] : [output];
  return {
    irVersion: writtenIrVersion,
    opset: writtenOpset,
    producer: 'trainyard',
    graph: {
      name: architecture,
      nodes: assembly.nodes(),
      inputs: [valueInfo('input', ['N', ...inputShape])],
      outputs: heads.map((head) => valueInfo(head, ['N', outputs])),
      initializers: [...initializers, ...assembly.constants()],
    },
    metadata,
  };
};

const checkShape = (inputShape: readonly number[], outputs: number): void => {
  if (inputShape.length === 0 || ![...inputShape, outputs].every((dim) => Number.isInteger(dim) && dim > 0))
    throw new GraphError(`A model needs an input and an output; it got ${inputShape.join('x')} and ${outputs}.`);
};

const valueInfo = (name: string, shape: readonly (number | string)[]): ValueInfo => ({ name, type: 'float32', shape });

const normalize = (assembly: Assembly, { inputShape, normalization }: BuildRequest): string => {
  const channels = inputShape[0] ?? 0;
  const dims = [channels, ...inputShape.slice(1).map(() => 1)];
  const mean = spread(normalization.mean, channels);
  const std = spread(normalization.std, channels).map((value) => (value === 0 ? 1 : value));
  const centred = assembly.add('Sub', ['input', constant(assembly, 'input.mean', dims, mean)]);
  return assembly.add('Div', [centred, constant(assembly, 'input.std', dims, std)]);
};

const spread = (values: readonly number[], channels: number): readonly number[] => {
  const all = values.length === 1 ? new Array<number>(channels).fill(values[0] ?? 0) : values;
  if (all.length !== channels || !all.every(Number.isFinite))
    throw new GraphError(`The normalization needs ${channels} finite numbers; it got ${values.length}.`);
  return all;
};

const constant = (assembly: Assembly, name: string, dims: readonly number[], values: readonly number[]): string =>
  assembly.add(
    'Constant',
    [],
    { value: { kind: 'tensor', value: float32('', dims, Float32Array.from(values)) } },
    name,
  );

const classify = (assembly: Assembly, logits: string): string =>
  assembly.add('Softmax', [logits], { axis: intAttribute(-1) }, 'probabilities');
