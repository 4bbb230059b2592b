import { closeSync, existsSync, openSync, readFileSync, readSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';
import { Features } from '../contract/features.ts';
import { Fault } from '../faults.ts';
import type { RawRow } from './raw-columns.ts';
import { parts, type Part } from './split.ts';

/** Rows of one part, ready for an engine. */
export interface RowSource {
  readonly rows: number;
  /**
   * Copies rows: raw values (pixels 0 … 255, encoded columns), row-major, and the class index or the value.
   * @param indices row numbers within the part, in any order
   */
  readonly read: (indices: Uint32Array, inputs: Float32Array, targets: Float32Array) => void;
}

export interface NamedRowSource extends RowSource {
  /** Path of the picture, or `row 17` of a table, by row number. */
  readonly names: readonly string[];
  /** Class numbers or values, by row number. */
  readonly targets: Float32Array;
}

export interface OpenFeatures {
  readonly features: Features;
  readonly source: (part: Part) => NamedRowSource;
  /**
   * Some training rows of a table before they were encoded, in the order of `rawColumnsOf`; null for pictures.
   */
  readonly sample: () => readonly RawRow[] | null;
  readonly close: () => void;
}

/**
 * What `features.json` holds. Rows lie in `rows.bin` and `targets.bin` part by part: train, validation, test; their names
 * in `names.json`, or `numbers.bin` with the numbers of a table's rows, in the same order.
 */
export const StoredFeatures = z.object({
  format: z.literal(1),
  element: z.enum(['uint8', 'float32']),
  features: Features,
});
export type StoredFeatures = z.infer<typeof StoredFeatures>;

const MEMORY_BYTES = 256 << 20;

/**
 * Opens the decoded rows named `hash`.
 * @param folder of the feature store
 * @param memoryBytes rows up to this size are held in memory; larger ones are read from the file row by row
 * @throws Fault `version-missing` when they are not there
 */
export const openFeatures = (folder: string, hash: string, memoryBytes = MEMORY_BYTES): OpenFeatures => {
  const place = join(folder, hash);
  const { features, element } = readStored(place, hash);
  const width = features.inputShape.reduce((product, size) => product * size, 1);
  const targets = readFloats(join(place, 'targets.bin'));
  const rows = openRows(join(place, 'rows.bin'), { element, width, memoryBytes });
  const starts = { train: 0, validation: features.rows.train, test: features.rows.train + features.rows.validation };
  const namesOf = openNames(place);

  const source = (part: Part): NamedRowSource => {
    const first = starts[part];
    const count = features.rows[part];
    let names: readonly string[] | undefined;
    return {
      rows: count,
      targets: targets.subarray(first, first + count),
      get names() {
        names ??= namesOf(first, count);
        return names;
      },
      read: (indices, inputs, values) => {
        for (const [at, index] of indices.entries()) {
          if (index >= count) throw new RangeError(`The ${part} part has no row ${index}, it has ${count}.`);
          rows.copy(first + index, inputs, at * width);
          values[at] = targets[first + index] ?? 0;
        }
      },
    };
  };
  return { features, source, sample: () => readSample(place), close: rows.close };
};

/** Whether rows of that name are there and whole. */
export const findFeatures = (folder: string, hash: string): Features | null => {
  const place = join(folder, hash);
  if (!existsSync(join(place, 'features.json'))) return null;
  const { features, element } = readStored(place, hash);
  const rows = parts.reduce((sum, part) => sum + features.rows[part], 0);
  const width = features.inputShape.reduce((product, size) => product * size, 1);
  const bytes = rows * width * (element === 'uint8' ? 1 : Float32Array.BYTES_PER_ELEMENT);
  return statSync(join(place, 'rows.bin'), { throwIfNoEntry: false })?.size === bytes ? features : null;
};

const readStored = (place: string, hash: string): StoredFeatures => {
  const file = join(place, 'features.json');
  if (!existsSync(file)) {
    throw new Fault('version-missing', `The decoded rows ${hash.slice(0, 12)} are not in .trainyard/features.`, {
      hint: 'Train once more with --fresh; they are made again from the pinned data.',
    });
  }
  return StoredFeatures.parse(JSON.parse(readFileSync(file, 'utf8')));
};

/** Names of rows that lie next to each other. */
const openNames = (place: string): ((first: number, count: number) => readonly string[]) => {
  let all: readonly string[] | undefined;
  return (first, count) => {
    const numbers = join(place, 'numbers.bin');
    if (existsSync(numbers)) return Array.from(readNumbers(numbers, first, count), (row) => `row ${row + 1}`);
    all ??= z.array(z.string()).parse(JSON.parse(readFileSync(join(place, 'names.json'), 'utf8')));
    return all.slice(first, first + count);
  };
};

const readNumbers = (path: string, first: number, count: number): Uint32Array => {
  const numbers = new Uint32Array(count);
  const file = openSync(path, 'r');
  try {
    readSync(file, numbers, 0, numbers.byteLength, first * Uint32Array.BYTES_PER_ELEMENT);
  } finally {
    closeSync(file);
  }
  return numbers;
};

/** A missing number is null in JSON. */
const Sample = z.array(z.array(z.union([z.string(), z.number(), z.null().transform(() => Number.NaN)])));

const readSample = (place: string): readonly RawRow[] | null => {
  const path = join(place, 'sample.json');
  return existsSync(path) ? Sample.parse(JSON.parse(readFileSync(path, 'utf8'))) : null;
};

const readFloats = (path: string): Float32Array => {
  const bytes = readFileSync(path);
  // A copy of its own: the buffer that was read may begin at an odd address.
  const floats = new Float32Array(bytes.length / Float32Array.BYTES_PER_ELEMENT);
  new Uint8Array(floats.buffer).set(bytes);
  return floats;
};

interface Rows {
  readonly copy: (row: number, into: Float32Array, at: number) => void;
  readonly close: () => void;
}

interface RowsOrder {
  readonly element: StoredFeatures['element'];
  readonly width: number;
  readonly memoryBytes: number;
}

const openRows = (path: string, { element, width, memoryBytes }: RowsOrder): Rows => {
  if (statSync(path).size <= memoryBytes) {
    const values = element === 'uint8' ? new Uint8Array(readFileSync(path)) : readFloats(path);
    return {
      copy: (row, into, at) => into.set(values.subarray(row * width, (row + 1) * width), at),
      close: () => undefined,
    };
  }
  const row = element === 'uint8' ? new Uint8Array(width) : new Float32Array(width);
  const file = openSync(path, 'r');
  return {
    copy: (index, into, at) => {
      const read = readSync(file, row, 0, row.byteLength, index * row.byteLength);
      if (read !== row.byteLength) throw new Error(`${path} ends within row ${index}.`);
      into.set(row, at);
    },
    close: () => closeSync(file),
  };
};
