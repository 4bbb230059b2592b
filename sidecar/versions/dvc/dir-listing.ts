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
  const listing = startListing();
  for (const file of files) {
    const piece = listing.add(file);
    if (piece !== '') yield piece;
  }
  yield listing.end();
};

/** What a `.dvc` file names a folder by: the MD5 of its listing, and `.dir`. */
export const hashDirListing = (files: Iterable<DirEntry>): string => {
  const running = startDirHash();
  for (const file of files) running.add(file);
  return running.finish();
};

/** The same for files that come one by one. */
export const startDirHash = (): { readonly add: (file: DirEntry) => void; readonly finish: () => string } => {
  const listing = startListing();
  const md5 = createHash('md5');
  return {
    add: (file) => {
      const piece = listing.add(file);
      if (piece !== '') md5.update(piece, 'latin1');
    },
    finish: () => `${md5.update(listing.end(), 'latin1').digest('hex')}.dir`,
  };
};

const startListing = () => {
  let piece = '[';
  let separator = '';
  const take = (): string => {
    const taken = piece;
    piece = '';
    return taken;
  };
  return {
    /** @returns text that is long enough to be passed on; mostly empty */
    add: ({ md5, path }: DirEntry): string => {
      piece += `${separator}{"md5": "${md5}", "relpath": ${pythonString(path)}}`;
      separator = ', ';
      return piece.length < PIECE ? '' : take();
    },
    end: (): string => `${piece}]`,
  };
};

/** JSON.stringify agrees with Python on printable ASCII and the short escapes; the rest is spelt out. */
const pythonString = (text: string): string =>
  JSON.stringify(text).replace(/[\u007f-\uffff]/g, (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`);
