import { Tensor } from './runtime.ts';
import { readModel } from '../../graph/read.ts';
import { openSession, type Feeds } from './session.ts';

/** Columns of some rows in the order of a graph's inputs: numbers as float64, texts as lists. */
export type RawBatch = readonly (Float64Array | readonly string[])[];

export interface Encoder {
  /** @returns encoded rows, row-major */
  readonly encode: (batch: RawBatch, rows: number) => Promise<Float32Array>;
  readonly close: () => Promise<void>;
}

/** Loads a feature graph: one input a column, `[N, 1]`, and one float32 output. */
export const openEncoder = async (model: Uint8Array, output: string): Promise<Encoder> => {
  const names = readModel(model).graph.inputs.map(({ name }) => name);
  const session = await openSession(model, 'cpu');
  return {
    encode: async (batch, rows) => {
      const feeds: Feeds = Object.fromEntries(
        names.map((name, at): [string, Tensor] => [name, columnTensor(batch[at] ?? [], rows)]),
      );
      const { [output]: encoded } = await session.run(feeds, [output]);
      if (!(encoded?.data instanceof Float32Array)) throw new TypeError('A feature graph gives float32 numbers.');
      return encoded.data;
    },
    close: session.close,
  };
};

const columnTensor = (values: RawBatch[number], rows: number): Tensor =>
  values instanceof Float64Array
    ? new Tensor('float64', values, [rows, 1])
    : new Tensor('string', [...values], [rows, 1]);
