import { mkdirSync, writeFileSync } from 'node:fs';
import { createHash } from 'node:crypto';
import { dirname, join } from 'node:path';
import type { Hash } from '../../../../sidecar/contract/ids.ts';
import { openBlobs } from '../../../../sidecar/versions/store/blobs.ts';
import { writeContent } from '../../../../sidecar/versions/tree/contents.ts';
import { writeVersion } from '../../../../sidecar/versions/tree/version.ts';
import { noise } from './noise.ts';

export interface SavedVersion {
  readonly version: Hash;
  /** Bytes by path. */
  readonly files: ReadonlyMap<string, Buffer>;
  /** Folder with the same files. */
  readonly root: string;
}

/** Saves so many files: text and noise, the first of them in several chunks. The same number gives the same files. */
export const saveRandomVersion = (folder: string, count: number): SavedVersion => {
  const files = new Map(Array.from({ length: count }, (_, at) => [nameOf(at), bytesOf(at)]));
  const root = join(folder, 'files');
  for (const [path, bytes] of files) {
    mkdirSync(dirname(join(root, path)), { recursive: true });
    writeFileSync(join(root, path), bytes);
  }
  return { version: saveVersion(folder, files), files, root };
};

/** Saves these files, in one thread and one draft. */
export const saveVersion = (folder: string, files: ReadonlyMap<string, Buffer>): Hash => {
  const blobs = openBlobs(folder);
  const draft = blobs.openDraft();
  const rows = [...files].map(([path, bytes]) => ({
    path,
    ...writeContent(draft, [bytes]),
    executable: false,
    md5: createHash('md5').update(bytes).digest('hex'),
  }));
  const version = writeVersion(draft, 'folder', rows);
  draft.commit();
  blobs.close();
  return version;
};

const nameOf = (at: number): string =>
  `class-${String(Math.floor(at / 20)).padStart(3, '0')}/${String(at).padStart(5, '0')}.bin`;

const bytesOf = (at: number): Buffer => {
  if (at === 0) return noise(150_000, 1);
  return at % 3 === 0 ? Buffer.from(`row,${at},value\n`.repeat(30 + (at % 50))) : noise(100 + ((at * 37) % 1_500), at);
};
