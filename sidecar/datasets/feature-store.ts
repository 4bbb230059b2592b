import { closeSync, existsSync, fstatSync, openSync, readFileSync, readSync, statSync } from 'node:fs';
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
  /** All rows, to be shared with other threads; null where they are read from the file. */
  readonly memory: SharedArrayBuffer | null;
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

/** Rows up to this size are held in memory; larger ones are read from the file when they are asked for. */
const MEMORY_BYTES = 256 << 20;

export interface OpenOptions {
  readonly memoryBytes?: number;
  /** The rows as another thread holds them. */
  readonly rows?: SharedArrayBuffer;
}

/**
 * Opens the decoded rows named `hash`.
 * @param folder of the feature store
 * @throws Fault `version-missing` when they are not there
 */
export const openFeatures = (folder: string, hash: string, options: OpenOptions = {}): OpenFeatures => {
  const place = join(folder, hash);
  const { features, element } = readStored(place, hash);
  const width = features.inputShape.reduce((product, size) => product * size, 1);
  const targets = new Float32Array(readShared(join(place, 'targets.bin')));
  const rows = openRows(join(place, 'rows.bin'), { element, width, ...options });
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
        for (const index of indices)
          if (index >= count) throw new RangeError(`The ${part} part has no row ${index}, it has ${count}.`);
        rows.copy(indices, first, inputs);
        for (const [at, index] of indices.entries()) values[at] = targets[first + index] ?? 0;
      },
    };
  };
  return { features, source, sample: () => readSample(place), memory: rows.memory, close: rows.close };
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

/** A whole file in memory that threads can share. */
const readShared = (path: string): SharedArrayBuffer => {
  const file = openSync(path, 'r');
  try {
    const shared = new SharedArrayBuffer(fstatSync(file).size);
    const bytes = new Uint8Array(shared);
    for (let filled = 0; filled < bytes.length;) {
      const read = readSync(file, bytes, filled, Math.min(READ_BYTES, bytes.length - filled), filled);
      if (read === 0) throw new Error(`${path} became shorter while it was read.`);
      filled += read;
    }
    return shared;
  } finally {
    closeSync(file);
  }
};

const READ_BYTES = 1 << 28;

interface Rows {
  /** Copies rows, one behind the other. @param first is added to each index */
  readonly copy: (indices: Uint32Array, first: number, into: Float32Array) => void;
  readonly memory: SharedArrayBuffer | null;
  readonly close: () => void;
}

interface RowsOrder extends OpenOptions {
  readonly element: StoredFeatures['element'];
  readonly width: number;
}

const openRows = (path: string, order: RowsOrder): Rows => {
  const { memoryBytes = MEMORY_BYTES, rows } = order;
  if (rows !== undefined) return inMemory(rows, order);
  return statSync(path).size <= memoryBytes ? inMemory(readShared(path), order) : inFile(path, order);
};

const inMemory = (memory: SharedArrayBuffer, { element, width }: RowsOrder): Rows => {
  const values = element === 'uint8' ? new Uint8Array(memory) : new Float32Array(memory);
  return {
    copy: (indices, first, into) => {
      for (const [at, index] of indices.entries()) {
        const from = (first + index) * width;
        into.set(values.subarray(from, from + width), at * width);
      }
    },
    memory,
    close: () => undefined,
  };
};

/** Rows that lie next to each other in the file are read at once, up to so many bytes. */
const RUN_BYTES = 1 << 20;

const inFile = (path: string, { element, width }: RowsOrder): Rows => {
  const rowBytes = width * (element === 'uint8' ? 1 : Float32Array.BYTES_PER_ELEMENT);
  const longest = Math.max(1, Math.floor(RUN_BYTES / rowBytes));
  const bytes = new ArrayBuffer(longest * rowBytes);
  const values = element === 'uint8' ? new Uint8Array(bytes) : new Float32Array(bytes);
  const file = openSync(path, 'r');
  return {
    copy: (indices, first, into) => {
      // In the order of the file, whatever the order of the batch: neighbours share a read.
      const places = Uint32Array.from(indices, (_, at) => at).sort((a, b) => (indices[a] ?? 0) - (indices[b] ?? 0));
      for (let at = 0; at < places.length;) {
        const from = indices[places[at] ?? 0] ?? 0;
        const run = runLength(places.subarray(at, at + longest), indices);
        const read = readSync(file, new Uint8Array(bytes), 0, run * rowBytes, (first + from) * rowBytes);
        if (read !== run * rowBytes) throw new Error(`${path} ends within row ${first + from + run - 1}.`);
        for (const place of places.subarray(at, at + longest)) {
          const row = (indices[place] ?? 0) - from;
          if (row >= run) break;
          into.set(values.subarray(row * width, (row + 1) * width), place * width);
          at += 1;
        }
      }
    },
    memory: null,
    close: () => closeSync(file),
  };
};

/** How many rows from the first on lie without a gap; equal ones count once. */
const runLength = (places: Uint32Array, indices: Uint32Array): number => {
  const first = indices[places[0] ?? 0] ?? 0;
  let run = 1;
  for (const place of places) {
    const row = (indices[place] ?? 0) - first;
    if (row > run) break;
    run = Math.max(run, row + 1);
  }
  return run;
};
