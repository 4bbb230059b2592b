import { InferenceSession, Tensor } from 'onnxruntime-node';
import type { Graph, Model } from '../../../sidecar/graph/model.ts';
import { writtenIrVersion, writtenOpset } from '../../../sidecar/graph/model.ts';
import { writeModel } from '../../../sidecar/graph/write.ts';

/** A graph as a model of an operator set. */
export const modelOf = (graph: Graph, opset: number = writtenOpset): Model => ({
  irVersion: Math.max(writtenIrVersion, opset > 18 ? 9 : 8),
  opset,
  producer: 'test',
  graph,
  metadata: {},
});

export type Values = Readonly<Record<string, Float32Array | BigInt64Array>>;

/** Runs a model with ONNX Runtime on the processor; shapes of the feeds are those of the graph's inputs. */
export const runModel = async (model: Model, feeds: Values, rows?: number): Promise<Record<string, Float32Array>> => {
  const session = await InferenceSession.create(writeModel(model), { logSeverityLevel: 3, intraOpNumThreads: 1 });
  const tensors = model.graph.inputs.map(({ name, shape }): [string, Tensor] => {
    const dims = shape.map((dim) => (typeof dim === 'number' ? dim : rows!));
    const data = feeds[name]!;
    return [name, data instanceof BigInt64Array ? new Tensor('int64', data, dims) : new Tensor('float32', data, dims)];
  });
  const results = await session.run(Object.fromEntries(tensors));
  await session.release();
  return Object.fromEntries(Object.entries(results).map(([name, { data }]) => [name, data as Float32Array]));
};

/** |a − b| / |b| in the L2 norm; the plain distance where b is 0. */
export const relativeError = (actual: ArrayLike<number>, expected: ArrayLike<number>): number => {
  let [difference, size] = [0, 0];
  for (let index = 0; index < expected.length; index += 1) {
    difference += (actual[index]! - expected[index]!) ** 2;
    size += expected[index]! ** 2;
  }
  return Math.sqrt(difference) / (size === 0 ? 1 : Math.sqrt(size));
};
