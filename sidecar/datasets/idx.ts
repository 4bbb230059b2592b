import { basename } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { dataUnreadable, datasetEmpty } from '../faults.ts';
import type { Contents } from '../versions/tree/contents.ts';
import type { Manifest, VersionFile } from '../versions/tree/version.ts';
import { orderClasses, readLines, type ImageRows } from './image-rows.ts';

interface Pair {
  readonly images: VersionFile;
  readonly labels: VersionFile;
  readonly test: boolean;
}

interface Pictures {
  readonly name: string;
  readonly height: number;
  readonly width: number;
  readonly pixels: Uint8Array;
  readonly labels: Uint8Array;
  /** Number of its first row among all rows. */
  readonly from: number;
}

/** A file beside the others with the names of the classes, one a line, for labels 0, 1, …: the format itself has none. */
export const LABEL_NAMES = 'label_names.txt';

/**
 * Pairs of files such as `train-images-idx3-ubyte` and `train-labels-idx1-ubyte`, as MNIST and its kin are published,
 * compressed or not.
 */
export const findIdxPairs = ({ files }: Manifest): Pair[] => {
  const byPath = new Map(files.map((file) => [file.path, file]));
  return files.flatMap((images) => {
    const name = images.path;
    if (!/images[^/]*(idx3|ubyte)/i.test(name)) return [];
    const labels = byPath.get(name.replace(/images(?=[^/]*$)/, 'labels').replace(/idx3(?=[^/]*$)/, 'idx1'));
    return labels === undefined || labels === images ? [] : [{ images, labels, test: /(t10k|test)[^/]*$/i.test(name) }];
  });
};

/**
 * Reads all pairs. A pair named `t10k` or `test` is the test part. The format: http://yann.lecun.com/exdb/mnist
 * @throws Fault `dataset-empty` or `dataset-unreadable` that names the file
 */
export const openIdx = (manifest: Manifest, contents: Pick<Contents, 'get'>, path: string): ImageRows => {
  const pairs = findIdxPairs(manifest).sort((a, b) => Number(a.test) - Number(b.test));
  let rows = 0;
  const sets = pairs.map((pair): Pictures => {
    const set = { ...readPair(pair, contents, path), from: rows };
    rows += set.labels.length;
    return set;
  });
  if (rows === 0) throw datasetEmpty(path);

  const seen = orderClasses(sets.flatMap(({ labels }) => [...new Set(labels)].map(String)));
  const classes = readNames(manifest, contents, path, seen) ?? seen;
  const indexes = new Map(classes === seen ? seen.map((name, at) => [Number(name), at]) : []);
  const firstTest = pairs.findIndex(({ test }) => test);
  return {
    names: sets.flatMap(({ name, labels }) => Array.from(labels, (_label, at) => `${name}[${at}]`)),
    classes,
    labels: Uint32Array.from(
      sets.flatMap(({ labels }) => [...labels]),
      (label) => indexes.get(label) ?? label,
    ),
    testFrom: firstTest <= 0 ? null : (sets[firstTest]?.from ?? null),
    encoded: null,
    raster: (row) => {
      const set = sets.findLast(({ from }) => from <= row);
      if (set === undefined || row >= rows) throw new RangeError(`There is no picture ${row}.`);
      const { width, height, pixels, from } = set;
      const begin = (row - from) * width * height;
      return { width, height, channels: 1, data: pixels.subarray(begin, begin + width * height) };
    },
    notes: firstTest > 0 ? ['The test part of the data set stays the test part.'] : [],
  };
};

/** @returns null without such a file @throws Fault `dataset-unreadable` when a label has no name in it */
const readNames = (
  { files }: Manifest,
  contents: Pick<Contents, 'get'>,
  path: string,
  seen: readonly string[],
): readonly string[] | null => {
  const file = files.find((candidate) => basename(candidate.path) === LABEL_NAMES);
  if (file === undefined) return null;
  const names = readLines(contents.get(file));
  const nameless = seen.find((label) => Number(label) >= names.length);
  if (nameless === undefined) return names;
  throw dataUnreadable(`${path}/${file.path}`, `it names ${names.length} classes, and there is a label ${nameless}`);
};

const readPair = (pair: Pair, contents: Pick<Contents, 'get'>, path: string): Omit<Pictures, 'from'> => {
  const images = readTensor(pair.images, contents, path, 3);
  const labels = readTensor(pair.labels, contents, path, 1);
  const [count = 0, height = 0, width = 0] = images.dims;
  if (labels.dims[0] !== count) {
    throw dataUnreadable(`${path}/${pair.labels.path}`, `it has ${labels.dims[0] ?? 0} labels for ${count} pictures`);
  }
  return { name: pair.images.path, height, width, pixels: images.data, labels: labels.data };
};

const UNSIGNED_BYTES = 0x08;

/** Two zero bytes, the element type, the number of dimensions, each dimension as 32 bits, then the elements. */
const readTensor = (file: VersionFile, contents: Pick<Contents, 'get'>, path: string, rank: number) => {
  const shown = `${path}/${file.path}`;
  const bytes = inflate(contents.get(file), shown);
  const head = 4 + 4 * rank;
  if (bytes.length < head || bytes.readUInt16BE(0) !== 0) throw dataUnreadable(shown, 'it is not an IDX file');
  if (bytes[2] !== UNSIGNED_BYTES) throw dataUnreadable(shown, 'its elements are not unsigned bytes');
  if (bytes[3] !== rank) throw dataUnreadable(shown, `it has ${bytes[3] ?? 0} dimensions, ${rank} are expected`);
  const dims = Array.from({ length: rank }, (_dim, at) => bytes.readUInt32BE(4 + 4 * at));
  const elements = dims.reduce((product, size) => product * size, 1);
  if (bytes.length !== head + elements) {
    throw dataUnreadable(shown, `it holds ${bytes.length - head} bytes of elements, ${elements} are announced`);
  }
  return { dims, data: bytes.subarray(head) };
};

const inflate = (bytes: Buffer, shown: string): Buffer => {
  if (bytes[0] !== 0x1f || bytes[1] !== 0x8b) return bytes;
  try {
    return gunzipSync(bytes);
  } catch (error) {
    throw dataUnreadable(shown, `it is damaged gzip: ${error instanceof Error ? error.message : String(error)}`);
  }
};
