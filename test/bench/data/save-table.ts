import { closeSync, openSync, readSync } from 'node:fs';
import type { Hash } from '../../../sidecar/contract/ids.ts';
import { openBlobs } from '../../../sidecar/versions/store/blobs.ts';
import { writeContent } from '../../../sidecar/versions/tree/contents.ts';
import { writeVersion } from '../../../sidecar/versions/tree/version.ts';

/** Saves a table as a version of one file, `t.csv`, by the store alone: without an index, threads or DVC. */
export const saveTable = (store: string, path: string): Hash => {
  const draft = openBlobs(store).openDraft();
  const content = writeContent(draft, pieces(path));
  const version = writeVersion(draft, 'file', [{ path: 't.csv', ...content, executable: false, md5: null }]);
  draft.commit();
  return version;
};

const PIECE_BYTES = 1 << 20;

const pieces = function* (path: string): Generator<Uint8Array, void> {
  const file = openSync(path, 'r');
  const piece = Buffer.alloc(PIECE_BYTES);
  for (let read = readSync(file, piece); read > 0; read = readSync(file, piece)) yield piece.subarray(0, read);
  closeSync(file);
};
