import { z } from 'zod';
import { Hash } from '../contract/ids.ts';
import { sha256Of } from './hash.ts';
import { comparePaths, isInnerPath } from './tree/path-order.ts';

export { comparePaths } from './tree/path-order.ts';

/** One file of a version. */
export interface ManifestFile {
  /** Relative to the data set, with forward slashes; the file's own name when the data set is one file. */
  readonly path: string;
  readonly size: number;
  readonly sha256: Hash;
  readonly md5: string;
  readonly executable: boolean;
}

/**
 * All files of a version, sorted by the bytes of their paths. Stored as JSON lines, a head line first;
 * the SHA-256 of that text names the version, so that equal bytes under equal names are one version.
 */
export interface Manifest {
  readonly type: 'file' | 'folder';
  readonly files: readonly ManifestFile[];
}

const FORMAT = 1;
const Head = z.object({ manifest: z.literal(FORMAT), type: z.enum(['file', 'folder']) });
const Line = z.object({
  path: z.string().refine(isInnerPath),
  size: z.number().int().nonnegative(),
  sha256: Hash,
  md5: z.string().regex(/^[0-9a-f]{32}$/),
  executable: z.boolean(),
});

export const formatManifest = ({ type, files }: Manifest): string => {
  const lines = [...files].sort((a, b) => comparePaths(a.path, b.path)).map(formatLine);
  return [JSON.stringify({ manifest: FORMAT, type }), ...lines, ''].join('\n');
};

const formatLine = ({ path, size, sha256, md5, executable }: ManifestFile): string =>
  JSON.stringify({ path, size, sha256, md5, executable });

/** @throws ZodError or SyntaxError when the bytes are no manifest; stored manifests are checked by their hash before */
export const parseManifest = (bytes: Uint8Array): Manifest => {
  const [head, ...lines] = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString('utf8').split('\n');
  const { type } = Head.parse(JSON.parse(head ?? ''));
  return { type, files: lines.filter((line) => line !== '').map((line) => Line.parse(JSON.parse(line))) };
};

/** Name of the version that these files are. */
export const hashManifest = (manifest: Manifest): Hash => sha256Of(formatManifest(manifest));

export const manifestBytes = (manifest: Manifest): number => manifest.files.reduce((sum, { size }) => sum + size, 0);
