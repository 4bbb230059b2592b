import { randomBytes } from 'node:crypto';
import { join } from 'node:path';
import type { Hash } from '../../../../sidecar/contract/ids.ts';
import type { RemoteVersion } from '../../../../sidecar/contract/remote.ts';
import { md5Of } from '../../../../sidecar/versions/hash.ts';
import { openBlobs, type Blobs } from '../../../../sidecar/versions/store/blobs.ts';
import { createContents, writeContent } from '../../../../sidecar/versions/tree/contents.ts';
import { comparePaths } from '../../../../sidecar/versions/tree/path-order.ts';
import { MD5_IN_ROW_BYTES, readFiles, readVersion, writeVersion } from '../../../../sidecar/versions/tree/version.ts';

export type Files = Readonly<Record<string, Uint8Array>>;

/** A store of a workspace, without the workspace. */
export interface Place {
  readonly folder: string;
  readonly cache: string;
  readonly blobs: Blobs;
}

export const openPlace = (workspace: string): Place => {
  const folder = join(workspace, '.trainyard', 'data');
  return { folder, cache: join(folder, 'remotes', 'test'), blobs: openBlobs(folder) };
};

/** Stores files as a version of a folder. */
export const storeVersion = ({ blobs }: Place, files: Files, createdAt = 1): RemoteVersion => {
  const draft = blobs.openDraft();
  const rows = Object.entries(files)
    .sort(([a], [b]) => comparePaths(a, b))
    .map(([path, bytes]) => ({
      path,
      ...writeContent(draft, [bytes]),
      executable: false,
      md5: bytes.length > MD5_IN_ROW_BYTES ? null : md5Of(bytes),
    }));
  const hash = writeVersion(draft, 'folder', rows);
  draft.commit();
  const { files: count, bytes } = readVersion(blobs, hash);
  return { hash, kind: 'files', files: count, bytes, createdAt, author: 'test', commit: null, branch: null };
};

export const readStored = ({ blobs }: Place, version: Hash): Files => {
  const contents = createContents(blobs);
  return Object.fromEntries(Array.from(readFiles(blobs, version), (file) => [file.path, contents.get(file)]));
};

/** Files that do not compress, some of more than one chunk. */
export const randomFiles = (count: number, bytes = 2_000): Record<string, Buffer> =>
  Object.fromEntries(
    Array.from({ length: count }, (_, at) => [
      `class_${at % 10}/file_${String(at).padStart(5, '0')}`,
      randomBytes(bytes),
    ]),
  );
