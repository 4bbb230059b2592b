import { GraphError } from '../../graph/graph-error.ts';
import type { Graph, ValueInfo } from '../../graph/model.ts';
import { sizeOf } from '../../graph/model.ts';
import { readModel } from '../../graph/read.ts';
import type { RowSource } from '../engine.ts';
import { readRange } from '../read-range.ts';
import type { Session } from './session.ts';
import { float32Tensor, openSession } from './session.ts';

export interface ScoreRequest {
  /** `[channels, height, width]` or `[columns]`. */
  readonly inputShape: readonly number[];
  /** Classes, or 1 for a regression. */
  readonly outputs: number;
  /** Rows that go through the model at once; default 256. */
  readonly batchSize?: number;
  readonly signal?: AbortSignal;
}

/**
 * What a forward model says of every row, `[rows, outputs]` row-major: its output `probabilities`, or `prediction`,
 * or else its first one. Throws a GraphError for a model whose input or output has another form.
 */
export const scoreRows = async (model: Uint8Array, source: RowSource, request: ScoreRequest): Promise<Float32Array> => {
  const { inputShape, outputs, batchSize = 256, signal } = request;
  const rowSize = sizeOf(inputShape);
  const inputs = new Float32Array(batchSize * rowSize);
  const targets = new Float32Array(batchSize);
  const values = new Float32Array(source.rows * outputs);
  const run = await openRunner(model, inputShape);
  try {
    for (let from = 0; from < source.rows; from += batchSize) {
      signal?.throwIfAborted();
      const rows = Math.min(batchSize, source.rows - from);
      readRange(source, { from, rows }, inputs, targets);
      const made = await run.rows(inputs.subarray(0, rows * rowSize), rows);
      if (made.length !== rows * outputs)
        throw new GraphError(`The model answers with ${made.length / rows} numbers a row where ${outputs} belong.`);
      values.set(made, from * outputs);
    }
    return values;
  } finally {
    await run.close();
  }
};

/** Percentiles of the time of one run, in milliseconds. */
export interface Latency {
  readonly p50: number;
  readonly p95: number;
}

/** How long the model takes for one row at a time on the processor. The rows are taken in turn. */
export const measureLatency = async (
  model: Uint8Array,
  source: RowSource,
  inputShape: readonly number[],
  samples = 200,
): Promise<Latency> => {
  const warmUp = 5;
  const row = new Float32Array(sizeOf(inputShape));
  const target = new Float32Array(1);
  const latencies: number[] = [];
  const run = await openRunner(model, inputShape);
  try {
    for (let sample = 0; sample < warmUp + samples; sample += 1) {
      if (source.rows > 0) readRange(source, { from: sample % source.rows, rows: 1 }, row, target);
      const started = performance.now();
      await run.rows(row, 1);
      if (sample >= warmUp) latencies.push(performance.now() - started);
    }
  } finally {
    await run.close();
  }
  const sorted = latencies.toSorted((a, b) => a - b);
  const percentile = (share: number): number => sorted[Math.ceil(share * sorted.length) - 1] ?? 0;
  return { p50: percentile(0.5), p95: percentile(0.95) };
};

interface Runner {
  readonly rows: (inputs: Float32Array, rows: number) => Promise<Float32Array>;
  readonly close: Session['close'];
}

const openRunner = async (model: Uint8Array, inputShape: readonly number[]): Promise<Runner> => {
  const { graph } = readModel(model);
  const input = inputOf(graph, inputShape);
  const output = outputOf(graph);
  const session = await openSession(model, 'cpu');
  return {
    rows: async (inputs, rows) => {
      const { [output]: result } = await session.run({ [input]: float32Tensor(inputs, [rows, ...inputShape]) }, [
        output,
      ]);
      if (!(result?.data instanceof Float32Array))
        throw new GraphError(`The output “${output}” is not float32 numbers.`);
      return result.data;
    },
    close: session.close,
  };
};

const fits = ({ type, shape, unranked }: ValueInfo, rowShape: readonly number[]): boolean =>
  type === 'float32' &&
  (unranked === true ||
    (shape.length === rowShape.length + 1 &&
      shape.slice(1).every((dim, axis) => typeof dim === 'string' || dim === rowShape[axis])));

const inputOf = ({ inputs }: Graph, inputShape: readonly number[]): string => {
  const [input, ...others] = inputs;
  if (input === undefined || others.length > 0 || !fits(input, inputShape))
    throw new GraphError(
      `The model does not take rows of [${inputShape.join(', ')}] float32 numbers as its one input.`,
    );
  return input.name;
};

const outputOf = ({ outputs }: Graph): string => {
  const named = (name: string) => outputs.find((output) => output.name === name);
  const output = named('probabilities') ?? named('prediction') ?? outputs[0];
  if (output?.type !== 'float32') throw new GraphError('The model has no output of float32 numbers.');
  return output.name;
};
