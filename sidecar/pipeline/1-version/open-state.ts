import { closeSync, fstatSync, openSync, readFileSync, readSync } from 'node:fs';
import type { Hash } from '../../contract/ids.ts';
import { noState } from '../../datasets/difference/data-state.ts';
import type { ComparedState } from '../../datasets/difference/compare-data.ts';
import { recognizeKind } from '../../datasets/kind.ts';
import { dataUnreadable } from '../../faults.ts';
import { needVersion, openDataStore } from '../../versions/data-store.ts';
import { filePieces } from '../../versions/file-pieces.ts';
import { chunkId } from '../../versions/store/blob-id.ts';
import { chunksOf } from '../../versions/tree/chunk-list.ts';
import type { FileContent, OpenContent } from '../../versions/tree/contents.ts';
import type { FilePart } from '../../versions/tree/differing-ranges.ts';
import { readFiles, readVersion, writeVersion, type VersionFile } from '../../versions/tree/version.ts';
import { filesOf } from '../../versions/working/differences.ts';
import { readDisk } from '../../versions/working/disk.ts';
import { trustAll } from '../../versions/working/look-part.ts';
import { keepNothing } from '../../versions/working/read-files.ts';
import { locateFile } from '../../versions/working/walk.ts';
import { entryPath } from '../../work/entry.ts';
import type { JobContext } from '../job.ts';
import type { DataPlace } from './job.ts';

/** A state of a data set, and the name of its bytes. */
export interface OpenedState {
  readonly state: ComparedState;
  readonly hash: Hash | null;
}

/** @param version null where there is no data on this side */
export const openVersion = (dataFolder: string, version: Hash | null): OpenedState => {
  if (version === null) return { state: { ...noState, kind: null }, hash: null };
  const store = openDataStore(dataFolder);
  const { type } = readVersion(store.blobs, needVersion(store, version));
  return { state: stateOf(type, () => readFiles(store.blobs, version), store.contents), hash: version };
};

const stateOf = (
  type: ComparedState['type'],
  files: () => Iterable<VersionFile>,
  contents: ComparedState['contents'],
): ComparedState => ({ type, files, contents, kind: recognizeKind({ type, files: files() }) });

/** The data as it lies on disk. @throws Fault `dataset-missing` or `dataset-unreadable` */
export const openDisk = async (place: DataPlace, context: JobContext): Promise<OpenedState> => {
  const stored = openDataStore(place.dataFolder).blobs;
  const order = { ...place, store: null, stored, trust: trustAll, threadProgram: entryPath('data') };
  const disk = await readDisk(order, context);
  try {
    const { data } = disk.walk;
    const files = [...filesOf(disk)];
    disk.settle(null);
    const paths = new Map<Hash, string>();
    for (const { content, path } of files) paths.set(content, path);
    const find = ({ content }: FileContent): string => {
      const path = paths.get(content);
      if (path === undefined) throw new Error(`${content} lies nowhere on disk.`);
      return locateFile(data, path);
    };
    const contents: ComparedState['contents'] = {
      get: (file) => readFileSync(find(file)),
      pieces: (file) => filePieces(find(file)),
      open: (file) => openFile(find(file)),
      parts: (file) => ({ parts: chunksIn(filePieces(find(file))), below: noNode }),
    };
    const hash = disk.version ?? writeVersion(keepNothing, data.type, files);
    return { state: stateOf(data.type, () => files, contents), hash };
  } finally {
    await disk.close();
  }
};

/** The chunks that a snapshot would cut. */
const chunksIn = (pieces: Iterable<Uint8Array>): FilePart[] => {
  const chunks: FilePart[] = [];
  for (const bytes of chunksOf(pieces)) chunks.push({ id: chunkId(bytes), bytes: bytes.length, level: 0 });
  return chunks;
};

const noNode = (): never => {
  throw new Error('A file on disk is told by its chunks alone.');
};

const openFile = (path: string): OpenContent => {
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
