import { createHash } from 'node:crypto';

/** What a listing says of a file. */
export interface DirEntry {
  /** Relative to the folder, with forward slashes. */
  readonly path: string;
  readonly md5: string;
}

/** Entries are joined to pieces of about this many characters. */
const PIECE = 1 << 16;

/**
 * The listing that DVC names a folder by, byte for byte as Python's `json.dumps` with sorted keys writes it:
 * blanks behind `,` and `:`, everything outside printable ASCII as lower-case `\uXXXX`, entries in code point order.
 * Source: dvc-data `hashfile/tree.py`, checked against DVC 3.67.1.
 * @param files in the order of their paths' code points, which is the order of a version
 * @returns pieces of ASCII text
 */
export const formatDirListing = function* (files: Iterable<DirEntry>): Generator<string, void> {
  let piece = '[';
  let separator = '';
  for (const { md5, path } of files) {
    piece += `${separator}{"md5": "${md5}", "relpath": ${pythonString(path)}}`;
    separator = ', ';
    if (piece.length < PIECE) continue;
    yield piece;
    piece = '';
  }
  yield `${piece}]`;
};

/** What a `.dvc` file names a folder by: the MD5 of its listing, and `.dir`. */
export const hashDirListing = (files: Iterable<DirEntry>): string => {
  const md5 = createHash('md5');
  for (const piece of formatDirListing(files)) md5.update(piece, 'latin1');
  return `${md5.digest('hex')}.dir`;
};

/** JSON.stringify agrees with Python on printable ASCII and the short escapes; the rest is spelt out. */
const pythonString = (text: string): string =>
  JSON.stringify(text).replace(/[\u007f-\uffff]/g, (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`);
