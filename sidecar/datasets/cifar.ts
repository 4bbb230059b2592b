import { basename, dirname } from 'node:path/posix';
import { dataUnreadable, datasetEmpty } from '../faults.ts';
import type { Contents } from '../versions/tree/contents.ts';
import type { Manifest, VersionFile } from '../versions/tree/version.ts';
import { readLines, type ImageRows } from './image-rows.ts';
import type { Raster } from './raster.ts';

const SIDE = 32;
const PLANE = SIDE * SIDE;
const PIXELS = 3 * PLANE;

interface Format {
  readonly train: RegExp;
  readonly test: RegExp;
  /** File with the names of the classes, one a line, that lies beside the batches. */
  readonly names: string;
  /** Without that file the batches could be anything else that ends in `.bin`. */
  readonly needsNames: boolean;
  /** Bytes before the pixels of a record; the last of them is the label. */
  readonly head: number;
}

/** CIFAR-100 has a coarse label, of 20, before the fine one, of 100, which is learned. */
const formats: readonly Format[] = [
  {
    train: /^data_batch_\d+\.bin$/,
    test: /^test_batch\.bin$/,
    names: 'batches.meta.txt',
    needsNames: false,
    head: 1,
  },
  { train: /^train\.bin$/, test: /^test\.bin$/, names: 'fine_label_names.txt', needsNames: true, head: 2 },
];

interface Found {
  readonly format: Format;
  readonly train: readonly VersionFile[];
  readonly test: readonly VersionFile[];
  readonly names: VersionFile | undefined;
}

/** The batches of CIFAR-10 or CIFAR-100 in their binary versions, all in one folder; null when there are none. */
export const findCifar = ({ files }: Manifest): Found | null => {
  for (const format of formats) {
    const first = files.find(({ path }) => format.train.test(basename(path)) || format.test.test(basename(path)));
    if (first === undefined) continue;
    const beside = files.filter(({ path }) => dirname(path) === dirname(first.path));
    const names = beside.find(({ path }) => basename(path) === format.names);
    if (names === undefined && format.needsNames) continue;
    const named = (pattern: RegExp) => beside.filter(({ path }) => pattern.test(basename(path)));
    return { format, train: named(format.train), test: named(format.test), names };
  }
  return null;
};

interface Batch {
  readonly file: VersionFile;
  readonly from: number;
  readonly rows: number;
}

/**
 * The binary versions of CIFAR-10 and CIFAR-100. A record is its label or labels, then red, green and blue planes.
 * The format: https://www.cs.toronto.edu/~kriz/cifar.html
 * @throws Fault `dataset-empty` or `dataset-unreadable` that names the file
 */
export const openCifar = (manifest: Manifest, contents: Pick<Contents, 'get'>, path: string): ImageRows => {
  const found = findCifar(manifest);
  if (found === null) throw datasetEmpty(path);
  const { format, train, test, names } = found;
  const { batches, labels } = readLabels([...train, ...test], { format, contents, path });
  const classes = names === undefined ? numbered(labels) : readLines(contents.get(names));
  refuseNameless(labels, classes, path);
  const trainRows = batches.slice(0, train.length).reduce((sum, { rows }) => sum + rows, 0);
  const divided = test.length > 0 && trainRows > 0;
  return {
    names: batches.flatMap(({ file, rows }) => Array.from({ length: rows }, (_row, at) => `${file.path}[${at}]`)),
    classes,
    labels: Uint32Array.from(labels),
    testFrom: divided ? trainRows : null,
    encoded: null,
    raster: rasterReader(batches, format, contents),
    notes: divided ? ['The test batch stays the test part.'] : [],
  };
};

interface Reading {
  readonly format: Format;
  readonly contents: Pick<Contents, 'get'>;
  readonly path: string;
}

const readLabels = (files: readonly VersionFile[], { format, contents, path }: Reading) => {
  const record = format.head + PIXELS;
  const batches: Batch[] = [];
  const labels: number[] = [];
  for (const file of files) {
    if (file.size === 0 || file.size % record !== 0) {
      throw dataUnreadable(`${path}/${file.path}`, `its ${file.size} bytes are not whole records of ${record}`);
    }
    const bytes = contents.get(file);
    const rows = bytes.length / record;
    batches.push({ file, from: labels.length, rows });
    for (let row = 0; row < rows; row++) labels.push(bytes[row * record + format.head - 1] ?? 0);
  }
  return { batches, labels };
};

/** Without names, the labels up to the largest that occurs. */
const numbered = (labels: readonly number[]): string[] =>
  Array.from({ length: Math.max(...new Set(labels)) + 1 }, (_name, at) => String(at));

const refuseNameless = (labels: readonly number[], classes: readonly string[], path: string): void => {
  const beyond = labels.findIndex((label) => label >= classes.length);
  if (beyond === -1) return;
  const label = labels[beyond] ?? 0;
  throw dataUnreadable(path, `row ${beyond} has the label ${label} and there are ${classes.length} classes`);
};

/** Rows are read in order, so one batch in memory is enough: 30 MB, or 150 MB of CIFAR-100. */
const rasterReader = (batches: readonly Batch[], { head }: Format, contents: Pick<Contents, 'get'>) => {
  let open: { readonly batch: Batch; readonly bytes: Buffer } | null = null;
  return (row: number): Raster => {
    const batch = batches.find(({ from, rows }) => row >= from && row < from + rows);
    if (batch === undefined) throw new RangeError(`There is no picture ${row}.`);
    if (open?.batch !== batch) open = { batch, bytes: contents.get(batch.file) };
    const end = (row - batch.from + 1) * (head + PIXELS);
    return { width: SIDE, height: SIDE, channels: 3, data: interleave(open.bytes.subarray(end - PIXELS, end)) };
  };
};

const interleave = (planes: Uint8Array): Uint8Array => {
  const data = new Uint8Array(PIXELS);
  for (let at = 0; at < PLANE; at++) {
    for (let channel = 0; channel < 3; channel++) data[at * 3 + channel] = planes[channel * PLANE + at] ?? 0;
  }
  return data;
};
