import { createHash } from 'node:crypto';
import { filePieces } from '../file-pieces.ts';
import type { BlobDraft } from '../store/blobs.ts';
import type { BlobSource } from '../store/repair.ts';
import { writeContent } from './chunk-list.ts';
import { MD5_IN_ROW_BYTES, writeVersion, type VersionFile, type VersionHead } from './version.ts';

export interface DiskVersion {
  readonly type: VersionHead['type'];
  /** In path order. */
  readonly files: Iterable<{ readonly path: string; readonly absolute: string; readonly executable: boolean }>;
}

/**
 * The files as they lie on disk as a source of blobs: unchanged ones give back their chunks and lists of chunks, and
 * when all of them are unchanged, the nodes of the tree as well.
 */
export const fromDisk = ({ type, files }: DiskVersion): BlobSource => ({
  bring: (wanted, take) => {
    if (wanted.size === 0) return;
    writeVersion(takingDraft(take), type, describe(files, takingDraft(take)));
  },
});

/** A draft that stores nothing and hands over everything. */
const takingDraft = (take: Parameters<BlobSource['bring']>[1]): BlobDraft => ({
  put: (id, _kind, bytes) => {
    take(id, bytes);
    return true;
  },
  name: () => undefined,
  commit: () => undefined,
  discard: () => undefined,
});

const describe = function* (files: DiskVersion['files'], draft: BlobDraft): Generator<VersionFile, void> {
  for (const { path, absolute, executable } of files) {
    const md5 = createHash('md5');
    const pieces = hearing(filePieces(absolute), (bytes) => void md5.update(bytes));
    const content = writeContent(draft, pieces);
    yield { path, executable, ...content, md5: content.size > MD5_IN_ROW_BYTES ? null : md5.digest('hex') };
  }
};

const hearing = function* (pieces: Iterable<Uint8Array>, hear: (bytes: Uint8Array) => void) {
  for (const bytes of pieces) {
    hear(bytes);
    yield bytes;
  }
};
