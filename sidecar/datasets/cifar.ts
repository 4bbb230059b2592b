import { dataUnreadable, datasetEmpty } from '../faults.ts';
import type { Manifest, ManifestFile } from '../versions/manifest.ts';
import type { Objects } from '../versions/objects.ts';
import type { ImageRows } from './image-rows.ts';
import type { Raster } from './raster.ts';

const SIDE = 32;
const PLANE = SIDE * SIDE;
/** One byte of label, then red, green and blue planes. */
const RECORD = 1 + 3 * PLANE;

interface Batch {
  readonly file: ManifestFile;
  readonly from: number;
  readonly rows: number;
}

export const findCifarBatches = ({ files }: Manifest): { train: ManifestFile[]; test: ManifestFile[] } => ({
  train: files.filter(({ path }) => /(^|\/)data_batch_\d+\.bin$/.test(path)),
  test: files.filter(({ path }) => /(^|\/)test_batch\.bin$/.test(path)),
});

/**
 * The binary version of CIFAR-10: `data_batch_1.bin` …, `test_batch.bin` and `batches.meta.txt`.
 * The format: https://www.cs.toronto.edu/~kriz/cifar.html
 * @throws Fault `dataset-empty` or `dataset-unreadable` that names the file
 */
export const openCifar = (manifest: Manifest, objects: Pick<Objects, 'get'>, path: string): ImageRows => {
  const found = findCifarBatches(manifest);
  const { batches, labels } = readLabels([...found.train, ...found.test], objects, path);
  if (labels.length === 0) throw datasetEmpty(path);
  const classes = readClasses(manifest, objects, labels);
  const beyond = labels.findIndex((label) => label >= classes.length);
  if (beyond !== -1) {
    throw dataUnreadable(
      path,
      `row ${beyond} has the label ${labels[beyond] ?? 0} and there are ${classes.length} classes`,
    );
  }
  const trainRows = batches.slice(0, found.train.length).reduce((sum, { rows }) => sum + rows, 0);
  const divided = found.test.length > 0 && trainRows > 0;
  return {
    names: batches.flatMap(({ file, rows }) => Array.from({ length: rows }, (_row, at) => `${file.path}[${at}]`)),
    classes,
    labels: Uint32Array.from(labels),
    testFrom: divided ? trainRows : null,
    raster: rasterReader(batches, objects),
    notes: divided ? ['The test batch stays the test part.'] : [],
  };
};

const readLabels = (files: readonly ManifestFile[], objects: Pick<Objects, 'get'>, path: string) => {
  const batches: Batch[] = [];
  const labels: number[] = [];
  for (const file of files) {
    const bytes = readBatch(file, objects, path);
    const rows = bytes.length / RECORD;
    batches.push({ file, from: labels.length, rows });
    for (let row = 0; row < rows; row++) labels.push(bytes[row * RECORD] ?? 0);
  }
  return { batches, labels };
};

const readBatch = (file: ManifestFile, objects: Pick<Objects, 'get'>, path: string): Buffer => {
  if (file.size === 0 || file.size % RECORD !== 0) {
    throw dataUnreadable(`${path}/${file.path}`, `its ${file.size} bytes are not whole records of ${RECORD}`);
  }
  return objects.get(file.sha256);
};

/** Names in `batches.meta.txt`, one a line; without it, the labels that occur. */
const readClasses = ({ files }: Manifest, objects: Pick<Objects, 'get'>, labels: readonly number[]): string[] => {
  const meta = files.find(({ path }) => /(^|\/)batches\.meta\.txt$/.test(path));
  if (meta === undefined) return Array.from({ length: Math.max(...new Set(labels)) + 1 }, (_name, at) => String(at));
  return objects
    .get(meta.sha256)
    .toString('utf8')
    .split(/\r?\n/)
    .map((name) => name.trim())
    .filter((name) => name !== '');
};

/** Rows are read in order, so one batch of 30 MB in memory is enough. */
const rasterReader = (batches: readonly Batch[], objects: Pick<Objects, 'get'>) => {
  let open: { readonly batch: Batch; readonly bytes: Buffer } | null = null;
  return (row: number): Raster => {
    const batch = batches.find(({ from, rows }) => row >= from && row < from + rows);
    if (batch === undefined) throw new RangeError(`There is no picture ${row}.`);
    if (open?.batch !== batch) open = { batch, bytes: objects.get(batch.file.sha256) };
    const planes = open.bytes.subarray((row - batch.from) * RECORD + 1, (row - batch.from + 1) * RECORD);
    return { width: SIDE, height: SIDE, channels: 3, data: interleave(planes) };
  };
};

const interleave = (planes: Uint8Array): Uint8Array => {
  const data = new Uint8Array(3 * PLANE);
  for (let at = 0; at < PLANE; at++) {
    for (let channel = 0; channel < 3; channel++) data[at * 3 + channel] = planes[channel * PLANE + at] ?? 0;
  }
  return data;
};
