import { closeSync, fstatSync, openSync, readFileSync, readSync } from 'node:fs';
import { join } from 'node:path';
import type { Hash } from '../../contract/ids.ts';
import { noState } from '../../datasets/difference/data-state.ts';
import type { ComparedState } from '../../datasets/difference/compare-data.ts';
import { recognizeKind } from '../../datasets/kind.ts';
import { dataUnreadable } from '../../faults.ts';
import { hashManifest, parseManifest, type Manifest } from '../../versions/manifest.ts';
import { createObjects, type OpenObject } from '../../versions/objects.ts';
import { describeDisk } from '../../versions/snapshot.ts';
import type { JobContext } from '../job.ts';
import type { SnapshotInput } from './job.ts';

/** A state of a data set, and the name of its bytes. */
export interface OpenedState {
  readonly state: ComparedState;
  readonly hash: Hash | null;
}

/** @param version null where there is no data on this side */
export const openVersion = (objectsFolder: string, version: Hash | null): OpenedState => {
  if (version === null) return { state: { ...noState, kind: null }, hash: null };
  const objects = createObjects(objectsFolder);
  return { state: stateOf(parseManifest(objects.get(version)), objects), hash: version };
};

const stateOf = (manifest: Manifest, contents: ComparedState['contents']): ComparedState => ({
  type: manifest.type,
  files: () => manifest.files,
  contents,
  kind: recognizeKind(manifest),
});

/** The data as it lies on disk. @throws Fault `dataset-missing` or `dataset-unreadable` */
export const openDisk = async (place: SnapshotInput, context: JobContext): Promise<OpenedState> => {
  const manifest = await describeDisk(place, context);
  const absolute = join(place.root, place.path);
  const paths = new Map(
    manifest.files.map(({ sha256, path }) => [sha256, manifest.type === 'file' ? absolute : join(absolute, path)]),
  );
  const find = (contents: Hash): string => {
    const path = paths.get(contents);
    if (path === undefined) throw new Error(`${contents} lies nowhere on disk.`);
    return path;
  };
  const contents: ComparedState['contents'] = {
    get: (hash) => readFileSync(find(hash)),
    pieces: (hash) => readPieces(find(hash)),
    open: (hash) => openFile(find(hash)),
  };
  return { state: stateOf(manifest, contents), hash: hashManifest(manifest) };
};

const PIECE_BYTES = 1 << 20;

const readPieces = function* (path: string): Generator<Buffer, void> {
  const file = openSync(path, 'r');
  try {
    for (;;) {
      const piece = Buffer.allocUnsafe(PIECE_BYTES);
      const read = readSync(file, piece);
      if (read === 0) return;
      yield piece.subarray(0, read);
    }
  } finally {
    closeSync(file);
  }
};

const openFile = (path: string): OpenObject => {
  const file = openSync(path, 'r');
  const bytes = fstatSync(file).size;
  return {
    bytes,
    read: (start, end) => {
      const wanted = Buffer.alloc(Math.max(0, Math.min(end, bytes) - start));
      if (readSync(file, wanted, 0, wanted.length, start) < wanted.length) {
        throw dataUnreadable(path, 'it became shorter while it was read');
      }
      return wanted.buffer.slice(wanted.byteOffset, wanted.byteOffset + wanted.length);
    },
    close: () => closeSync(file),
  };
};
