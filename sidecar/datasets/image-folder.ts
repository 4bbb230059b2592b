import { classEmpty, dataUnreadable, datasetEmpty } from '../faults.ts';
import type { Contents } from '../versions/tree/contents.ts';
import type { Manifest, VersionFile } from '../versions/tree/version.ts';
import type { EncodedPicture } from './decode-messages.ts';
import { orderClasses, type ImageRows } from './image-rows.ts';
import { readRaster } from './raster.ts';

const pictures = /\.(png|jpe?g)$/i;
/** Pictures by their names that are not decoded: leaving them out would be leaving out rows. */
const otherPictures = /\.(gif|bmp|webp|tiff?|avif|heic)$/i;

/** By its name a picture, decoded or not. */
export const looksLikePicture = (path: string): boolean => pictures.test(path) || otherPictures.test(path);

/** By its name a picture that is decoded. */
export const isPicture = (path: string): boolean => pictures.test(path);

const ownParts = new Set(['train', 'test', 'val', 'valid', 'validation']);

interface Picture {
  readonly file: VersionFile;
  readonly name: string;
  readonly test: boolean;
}

/**
 * An image folder: one folder a class, pictures anywhere below it. When the top folders are `train`, `test` and the
 * like, classes lie one level deeper and `test` stays the test part.
 * @param path of the data set in the workspace, for messages
 * @throws Fault `dataset-empty`, `dataset-class-empty` or `dataset-unreadable`
 */
export const openImageFolder = (manifest: Manifest, contents: Pick<Contents, 'get'>, path: string): ImageRows => {
  const tops = new Set(manifest.files.map((file) => file.path.split('/')[0] ?? ''));
  const level = classLevel(tops);
  const divided = level === 1;
  const { found, leftOut } = listPictures(manifest, path, level);
  const rows = [...found.filter(({ test }) => !test), ...found.filter(({ test }) => test)];
  if (rows.length === 0) throw datasetEmpty(path);

  const classes = orderClasses(rows.map(({ name }) => name));
  const indexes = new Map(classes.map((name, at) => [name, at]));
  const firstTest = rows.findIndex(({ test }) => test);
  const encoded = (row: number): EncodedPicture => {
    const file = rows[row]?.file;
    if (file === undefined) throw new RangeError(`There is no picture ${row}.`);
    return { content: file.content, size: file.size, shown: `${path}/${file.path}` };
  };
  return {
    names: rows.map(({ file }) => file.path),
    classes,
    labels: Uint32Array.from(rows, ({ name }) => indexes.get(name) ?? 0),
    testFrom: firstTest === -1 ? null : firstTest,
    encoded,
    raster: (row) => {
      const picture = encoded(row);
      const bytes = contents.get(picture);
      try {
        return readRaster(bytes);
      } catch (error) {
        throw dataUnreadable(picture.shown, error instanceof Error ? error.message : String(error));
      }
    },
    notes: notesOf(leftOut, divided),
  };
};

/** How many folders lie above the class folders. @param tops names of all that lies at the top */
export const classLevel = (tops: ReadonlySet<string>): 0 | 1 =>
  tops.has('train') && [...tops].every((top) => ownParts.has(top.toLowerCase())) ? 1 : 0;

/** @param level how many folders lie above the class folders */
const listPictures = (manifest: Manifest, path: string, level: number) => {
  const found: Picture[] = [];
  const leftOut: string[] = [];
  const counts = new Map<string, number>();
  for (const file of manifest.files) {
    const pictured = isPicture(file.path);
    const name = classOf(file.path, level);
    refuseUnread(file.path, pictured && name === null, path);
    if (name !== null) counts.set(name, (counts.get(name) ?? 0) + Number(pictured));
    if (pictured && name !== null) found.push({ file, name, test: level === 1 && /^test\//i.test(file.path) });
    else leftOut.push(file.path);
  }
  for (const [name, count] of counts) if (count === 0) throw classEmpty(name, path);
  return { found, leftOut };
};

/** The class that a picture lies in, null for none. Hidden folders belong to tools. */
export const classOf = (path: string, level: number): string | null => {
  const parts = path.split('/');
  const name = parts[level] ?? '';
  return parts.length > level + 1 && !name.startsWith('.') ? name : null;
};

const refuseUnread = (file: string, homeless: boolean, path: string): void => {
  if (homeless) throw dataUnreadable(`${path}/${file}`, 'it lies in no class folder');
  if (otherPictures.test(file)) throw dataUnreadable(`${path}/${file}`, 'only PNG and JPEG are read');
};

const notesOf = (leftOut: readonly string[], divided: boolean): string[] => {
  const notes: string[] = [];
  if (divided) notes.push('The folder `test` stays the test part; all other pictures are divided by the seed.');
  if (leftOut.length > 0) {
    const some = leftOut.slice(0, 3).join(', ');
    notes.push(`${leftOut.length} files are no pictures and are no rows: ${some}${leftOut.length > 3 ? ', …' : ''}.`);
  }
  return notes;
};
