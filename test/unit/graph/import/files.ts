import { importModel, type Imported } from '../../../../sidecar/graph/import/import-model.ts';
import type { ImportRequest } from '../../../../sidecar/graph/import/request.ts';
import type { Attributes, Graph, Model, Node, Tensor, ValueInfo } from '../../../../sidecar/graph/model.ts';
import { float32, int64, sizeOf } from '../../../../sidecar/graph/model.ts';
import { createRandom } from '../../../../sidecar/graph/random.ts';

export const ints = (value: readonly number[]) => ({ kind: 'ints', value }) as const;
export const int = (value: number) => ({ kind: 'int', value }) as const;
export const float = (value: number) => ({ kind: 'float', value }) as const;
export const floats = (value: readonly number[]) => ({ kind: 'floats', value }) as const;
export const text = (value: string) => ({ kind: 'string', value }) as const;

export const node = (op: string, inputs: readonly string[], output: string, attributes: Attributes = {}): Node => ({
  name: `the ${op}`,
  op,
  domain: '',
  inputs,
  outputs: [output],
  attributes,
});

/** A tensor of normally distributed numbers. */
export const weight = (name: string, dims: readonly number[], seed = 1): Tensor => {
  const { normal } = createRandom(seed);
  return float32(name, dims, Float32Array.from({ length: sizeOf(dims) }, normal));
};
export const whole = (name: string, values: readonly number[]): Tensor => int64(name, [values.length], values);

export interface File {
  readonly nodes: readonly Node[];
  readonly tensors?: readonly Tensor[];
  readonly opset?: number;
  /** With the number of rows; default `['N', 4]`. */
  readonly input?: readonly (number | string)[];
  readonly inputType?: ValueInfo['type'];
  readonly outputs?: readonly ValueInfo[];
}

/** A model of somebody else's, whose input is `x`; its last node's output is its answer unless others are given. */
export const fileOf = ({
  nodes,
  tensors = [],
  opset = 17,
  input = ['N', 4],
  inputType = 'float32',
  outputs,
}: File): Model => ({
  irVersion: Math.min(Math.max(opset - 6, 4), 10),
  opset,
  producer: 'somebody',
  graph: {
    name: 'file',
    nodes,
    inputs: [{ name: 'x', type: inputType, shape: input }],
    outputs: outputs ?? [{ name: nodes.at(-1)!.outputs[0]!, type: 'float32', shape: ['N', 3] }],
    initializers: tensors,
  },
  metadata: {},
});

/** Three classes of rows of four numbers; what a test cares about is given. */
export const importAs = (model: Model, change: Partial<ImportRequest> = {}): Imported =>
  importModel(model, {
    inputShape: [4],
    outputs: 3,
    task: 'classification',
    seed: 1,
    normalization: { mean: [0], std: [1] },
    normalize: 'auto',
    ...change,
  });

export const opsOf = ({ nodes }: Graph): readonly string[] => nodes.map(({ op }) => op);
