import { md5Of } from '../hash.ts';
import { comparePaths, type ManifestFile } from '../manifest.ts';

/**
 * The listing that DVC names a folder by, byte for byte as Python's `json.dumps` with sorted keys writes it:
 * blanks behind `,` and `:`, everything outside printable ASCII as lower-case `\uXXXX`, entries in code point order.
 * Source: dvc-data `hashfile/tree.py`, checked against DVC 3.67.1.
 */
export const formatDirListing = (files: readonly ManifestFile[]): string => {
  const entries = [...files]
    .sort((a, b) => comparePaths(a.path, b.path))
    .map(({ md5, path }) => `{"md5": "${md5}", "relpath": ${pythonString(path)}}`);
  return `[${entries.join(', ')}]`;
};

/** MD5 as a `.dvc` file of a folder carries it. */
export const hashDirListing = (files: readonly ManifestFile[]): string => `${md5Of(formatDirListing(files))}.dir`;

/** JSON.stringify agrees with Python on printable ASCII and the short escapes; the rest is spelt out. */
const pythonString = (text: string): string =>
  JSON.stringify(text).replace(/[\u007f-\uffff]/g, (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`);
