import type { Features } from '../contract/features.ts';
import { withRawColumns } from '../datasets/feature-graph.ts';
import { createBatcher, type Batcher } from './batching.ts';
import { InferenceDown, startInference, type Inference } from './inference.ts';
import type { ImageShape, OutputTensor, Port } from './inference-messages.ts';
import { chooseReading, readOutcomes, type Outcome } from './outcomes.ts';
import { chooseInput, rawInputs, rowShapeOf, takesRawColumns } from './row-shape.ts';
import type { RowValues } from './row-values.ts';

/** A model version that an endpoint is to answer with. */
export interface Served {
  readonly model: string;
  readonly version: number;
  readonly onnx: Uint8Array;
  readonly features: Features;
}

/** A loaded model: the thread that computes it, its queue, and what its inputs and outputs mean. */
export interface ServedModel {
  readonly served: Served;
  /** One, or one for each raw column of a table. */
  readonly inputs: readonly Port[];
  readonly outputs: readonly Port[];
  /** Shape of one row as the model takes it; of raw columns their number. */
  readonly rowShape: readonly number[];
  readonly rowLength: number;
  /** @throws Overloaded, InferenceDown */
  readonly infer: (input: RowValues, rows: number) => Promise<readonly OutputTensor[]>;
  /** @param rows number of rows in `outputs` */
  readonly outcomes: (outputs: readonly OutputTensor[], rows: number) => readonly Outcome[];
  /** Rows that wait for the model. */
  readonly queued: () => number;
  readonly decode: (image: Uint8Array, shape: ImageShape) => Promise<Uint8Array>;
  /** Keeps the model loaded until the returned function is called. */
  readonly lease: () => () => void;
  /** Ends the thread once nobody holds a lease. */
  readonly close: () => Promise<void>;
}

export interface ServedModelOptions {
  readonly entry: string;
  readonly onRun?: (rows: number, ms: number) => void;
  readonly onRestart?: (how: string) => void;
}

const MAX_BATCH_ROWS = 32;
const MAX_QUEUED_ROWS = 8192;
/** Pauses before a dead thread is started again, in milliseconds; the last one repeats. */
const RESTART_AFTER_MS = [0, 100, 500, 2000, 5000] as const;

/**
 * Loads a model, runs it once to see its outputs, and gives it a queue. A model of a table that takes encoded rows gets
 * the encoding in front, so that all of them take raw columns.
 * @throws Fault `model-invalid` when it is no ONNX model, or takes or gives other shapes than its features say
 */
export const loadServedModel = async (served: Served, options: ServedModelOptions): Promise<ServedModel> => {
  const onnx = withRawColumns(served.onnx, served.features);
  let inference: Inference | undefined;
  let deaths = 0;
  let leases = 0;
  let closing: (() => void) | undefined;

  const start = async (): Promise<Inference> => startInference({ entry: options.entry, onnx, onDeath: restart });
  const restart = (how: string): void => {
    inference = undefined;
    options.onRestart?.(how);
    const pause = RESTART_AFTER_MS[Math.min(deaths, RESTART_AFTER_MS.length - 1)] ?? 0;
    deaths += 1;
    setTimeout(() => {
      if (closing === undefined) start().then(adopt, (error: unknown) => restart(String(error)));
    }, pause).unref();
  };
  const adopt = (started: Inference): void => {
    inference = started;
  };

  const first = await start();
  adopt(first);
  try {
    const { inputs, rowShape, fixedRows, blank } = rowsOf(first.inputs, served.features);
    const run = async (data: RowValues, rows: number): Promise<readonly OutputTensor[]> => {
      if (inference === undefined) throw new InferenceDown('it is being started');
      const outputs = await inference.run(data, [rows, ...rowShape]);
      deaths = 0;
      return outputs.filter((output) => output.dims[0] === rows);
    };
    const rowLength = rowShape.reduce((product, size) => product * size, 1);
    // Two rows where the model allows it: an output whose first dimension is not the batch shows itself.
    const trialRows = fixedRows === 1 ? 1 : 2;
    const trial = await run(blank(trialRows * rowLength), trialRows);
    const outputs = trial.map(({ name, type, dims }): Port => ({ name, type, shape: [-1, ...dims.slice(1)] }));
    const reading = chooseReading(outputs, first.outputs, served.features);
    const batcher: Batcher = createBatcher({
      rowLength,
      maxRows: fixedRows === 1 ? 1 : MAX_BATCH_ROWS,
      maxQueuedRows: MAX_QUEUED_ROWS,
      run,
      ...(options.onRun === undefined ? {} : { onRun: options.onRun }),
    });
    return {
      served,
      inputs,
      outputs,
      rowShape,
      rowLength,
      infer: batcher.submit,
      queued: batcher.queued,
      outcomes: (tensors, rows) => readOutcomes(reading, tensors, rows),
      decode: async (image, shape) => {
        if (inference === undefined) throw new InferenceDown('it is being started');
        return inference.decode(image, shape);
      },
      lease: () => {
        leases += 1;
        let held = true;
        return () => {
          if (!held) return;
          held = false;
          leases -= 1;
          if (leases === 0) closing?.();
        };
      },
      close: async () => {
        await new Promise<void>((resolve) => {
          closing = resolve;
          if (leases === 0) resolve();
        });
        await inference?.close();
      },
    };
  } catch (error) {
    closing = () => undefined;
    await first.close();
    throw error;
  }
};

interface RowsTaken extends Pick<ServedModel, 'inputs' | 'rowShape'> {
  /** How many rows the file takes at once; −1 where that is free. */
  readonly fixedRows: number;
  /** Values that any model takes: zeros, or missing cells. */
  readonly blank: (length: number) => RowValues;
}

const rowsOf = (declared: readonly Port[], features: Features): RowsTaken => {
  if (takesRawColumns(declared, features)) {
    const inputs = rawInputs(declared, features);
    const cells = inputs.map(({ type }) => (type === 'string' ? '' : Number.NaN));
    const blank = (length: number) => Array.from({ length }, (_, at) => cells[at % cells.length] ?? '');
    return { inputs, rowShape: [inputs.length], fixedRows: -1, blank };
  }
  const input = chooseInput(declared, features);
  const rowShape = rowShapeOf(input, features);
  return {
    inputs: [{ name: input.name, type: input.type, shape: [-1, ...rowShape] }],
    rowShape,
    fixedRows: input.shape[0] ?? -1,
    blank: (length) => new Float32Array(length),
  };
};
