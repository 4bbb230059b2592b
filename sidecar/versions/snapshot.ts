import { closeSync, fstatSync, openSync, readSync, type BigIntStats } from 'node:fs';
import { join } from 'node:path';
import { setImmediate as nextTurn } from 'node:timers/promises';
import type { Hash } from '../contract/ids.ts';
import { dataNotVersionable } from '../faults.ts';
import type { JobContext } from '../pipeline/job.ts';
import { md5Of, sha256Of, startHash } from './hash.ts';
import { formatManifest, manifestBytes, type Manifest, type ManifestFile } from './manifest.ts';
import type { Objects } from './objects.ts';
import { openStatIndex, type FileNames } from './stat-index.ts';
import { walkData, type DiskFile } from './walk.ts';

export interface DataLocation {
  /** Folder of the workspace. */
  readonly root: string;
  /** The data set, relative to it. */
  readonly path: string;
  /** Folder of stat indexes, one a data set. */
  readonly indexes: string;
}

export interface Snapshot {
  /** Hash of the manifest: the name of the version. */
  readonly hash: Hash;
  readonly files: number;
  readonly bytes: number;
  readonly manifest: Manifest;
  readonly emptyFolders: readonly string[];
}

/** Takes what must be kept of a file that is read; without it, files are named and nothing is stored. */
type Keep = Pick<Objects, 'has' | 'putStream'> & { readonly put: (sha256: Hash, bytes: Uint8Array) => void };

const LARGE_BYTES = 4 << 20;
const PIECE_BYTES = 1 << 20;
const TURN_MS = 50;

/**
 * Stores a data set as a version: every file by its content, and the manifest that names them. The user's files
 * are read, never moved. Files that did not change since the last look are not read again.
 * @throws Fault `dataset-missing`, `dataset-unreadable`, or the reason of an abort
 */
export const snapshot = async (data: DataLocation & { objects: Objects }, context: JobContext): Promise<Snapshot> => {
  const { objects } = data;
  const pack = objects.openPack();
  try {
    const keep = { has: objects.has, putStream: objects.putStream, put: pack.put };
    const { manifest, emptyFolders, settle } = await nameFiles(data, keep, context);
    pack.commit();
    const hash = objects.put(Buffer.from(formatManifest(manifest)));
    settle();
    return { hash, files: manifest.files.length, bytes: manifestBytes(manifest), manifest, emptyFolders };
  } finally {
    pack.discard();
  }
};

/** The manifest of the data as it lies on disk now; nothing is stored. */
export const describeDisk = async (data: DataLocation, context: JobContext): Promise<Manifest> => {
  const { manifest, settle } = await nameFiles(data, null, context);
  settle();
  return manifest;
};

const nameFiles = async (data: DataLocation, keep: Keep | null, context: JobContext) => {
  const walk = walkData(data.root, data.path);
  const index = openStatIndex(join(data.indexes, `${sha256Of(data.path).slice(0, 16)}.json`));
  const total = Number(walk.files.reduce((sum, { stat }) => sum + stat.size, 0n));
  const report = startReport(total, walk.files.length, context);

  const files: ManifestFile[] = [];
  for (const file of walk.files) {
    let names = index.recall(file);
    if (names === undefined || keep?.has(names.sha256) === false) {
      const read = readNamed(file, keep, report.bytes);
      index.remember({ ...file, stat: read.stat }, read.names);
      names = read.names;
      files.push(describe(file, read.stat, names));
    } else {
      report.bytes(Number(file.stat.size));
      files.push(describe(file, file.stat, names));
    }
    await report.file();
  }
  return { manifest: { type: walk.type, files }, emptyFolders: walk.emptyFolders, settle: index.save };
};

const describe = ({ path }: DiskFile, stat: BigIntStats, { sha256, md5 }: FileNames): ManifestFile => ({
  path,
  size: Number(stat.size),
  sha256,
  md5,
  executable: (stat.mode & 0o100n) !== 0n && process.platform !== 'win32',
});

const startReport = (total: number, count: number, { signal, progress }: JobContext) => {
  let bytes = 0;
  let files = 0;
  let turnedAt = performance.now();
  return {
    bytes: (more: number) => {
      bytes += more;
      signal.throwIfAborted();
    },
    /** Lets the event loop turn now and then, so that an abort is heard and progress is sent. */
    file: async () => {
      files += 1;
      if (performance.now() - turnedAt < TURN_MS) return;
      progress(
        total === 0 ? files / count : Math.min(1, bytes / total),
        `${files.toLocaleString('en')} of ${count.toLocaleString('en')} files`,
      );
      await nextTurn();
      signal.throwIfAborted();
      turnedAt = performance.now();
    },
  };
};

const TRIES = 3;

/** Reads a file whole; one that changes meanwhile is read again, so that no torn mixture becomes a version. */
const readNamed = (file: DiskFile, keep: Keep | null, report: (bytes: number) => void) => {
  for (let tried = 0; tried < TRIES; tried++) {
    const handle = open(file);
    try {
      const before = fstatSync(handle, { bigint: true });
      const names = before.size > LARGE_BYTES ? nameLarge(handle, keep, report) : nameSmall(handle, before, keep);
      const after = fstatSync(handle, { bigint: true });
      if (before.size <= LARGE_BYTES) report(Number(before.size));
      if (before.mtimeNs === after.mtimeNs && before.size === after.size) return { names, stat: after };
    } finally {
      closeSync(handle);
    }
  }
  throw dataNotVersionable(file.shown, 'it keeps changing while it is read');
};

const open = (file: DiskFile): number => {
  try {
    return openSync(file.absolute, 'r');
  } catch (error) {
    throw dataNotVersionable(file.shown, error instanceof Error ? error.message : String(error));
  }
};

const nameSmall = (handle: number, { size }: BigIntStats, keep: Keep | null): FileNames => {
  const bytes = Buffer.allocUnsafe(Number(size));
  let filled = 0;
  for (let read = -1; read !== 0 && filled < bytes.length; filled += read) {
    read = readSync(handle, bytes, filled, bytes.length - filled, filled);
  }
  const whole = bytes.subarray(0, filled);
  const sha256 = sha256Of(whole);
  if (keep !== null && !keep.has(sha256)) keep.put(sha256, whole);
  return { sha256, md5: md5Of(whole) };
};

const nameLarge = (handle: number, keep: Keep | null, report: (bytes: number) => void): FileNames => {
  const source = readPieces(handle, report);
  if (keep !== null) return keep.putStream(source);
  const running = startHash();
  for (const piece of source) running.update(piece);
  return running.digest();
};

const readPieces = function* (handle: number, report: (bytes: number) => void): Generator<Buffer, void> {
  for (let offset = 0; ;) {
    const piece = Buffer.allocUnsafe(PIECE_BYTES);
    const read = readSync(handle, piece, 0, PIECE_BYTES, offset);
    if (read === 0) return;
    offset += read;
    report(read);
    yield piece.subarray(0, read);
  }
};
