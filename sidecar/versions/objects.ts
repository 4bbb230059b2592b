import { existsSync, mkdirSync, openSync, closeSync, readSync, fstatSync } from 'node:fs';
import { dirname, join } from 'node:path';
import type { Hash } from '../contract/ids.ts';
import { objectDamaged, objectMissing } from '../faults.ts';
import { openDraft, syncFolder } from './durable.ts';
import { sha256Of, startHash } from './hash.ts';
import { openPackWriter, type PackWriter } from './pack-writer.ts';
import { openPacks } from './packs.ts';
import { sweepDrafts } from './sweep.ts';

/** Immutable bytes, named by their SHA-256. Several processes may read and write one folder at once. */
export interface Objects {
  /** Stores bytes durably; equal bytes are stored once. */
  readonly put: (bytes: Uint8Array) => Hash;
  /**
   * Stores the bytes that `source` yields, whatever their number, without holding them all.
   * @returns their names and their number
   */
  readonly putStream: (source: Iterable<Uint8Array>) => { readonly sha256: Hash; readonly md5: string; bytes: number };
  /** @throws Fault `store-damaged` when the object is missing or its bytes are not those it is named by */
  readonly get: (hash: Hash) => Buffer;
  /** The same in pieces of at most 1 MiB. A damaged object throws after its last piece. */
  readonly pieces: (hash: Hash) => Generator<Buffer, void>;
  /**
   * For bytes that are read out of order. The whole object is checked first.
   * @throws Fault `store-damaged`
   */
  readonly open: (hash: Hash) => OpenObject;
  readonly has: (hash: Hash) => boolean;
  /** For many small objects at once; none of them is visible before `commit`. */
  readonly openPack: () => PackWriter;
}

export interface OpenObject {
  readonly bytes: number;
  /** The bytes from `start` up to, not including, `end`. */
  readonly read: (start: number, end: number) => ArrayBuffer;
  readonly close: () => void;
}

interface Location {
  readonly file: string;
  readonly offset: number;
  /** Undefined for a whole file. */
  readonly length?: number;
}

const PIECE_BYTES = 1 << 20;

export const createObjects = (folder: string): Objects => {
  const packsFolder = join(folder, 'packs');
  const packs = openPacks(packsFolder);
  const loosePath = (hash: Hash) => join(folder, hash.slice(0, 2), hash.slice(2));

  const locate = (hash: Hash): Location | undefined => {
    const loose = loosePath(hash);
    return existsSync(loose) ? { file: loose, offset: 0 } : packs.find(hash);
  };
  const has = (hash: Hash) => locate(hash) !== undefined;
  /** Present and undamaged: storing the right bytes once more repairs an object. */
  const isWhole = (hash: Hash): boolean => {
    const location = locate(hash);
    return location !== undefined && sha256Of(readWhole(location)) === hash;
  };
  const putLoose = (hash: Hash, bytes: Uint8Array) => {
    const draft = openDraft(folder);
    try {
      draft.write(bytes);
      publish(draft, hash);
    } finally {
      draft.discard();
    }
  };
  const publish = (draft: ReturnType<typeof openDraft>, hash: Hash) => {
    const path = loosePath(hash);
    if (!existsSync(dirname(path))) {
      mkdirSync(dirname(path), { recursive: true, mode: 0o700 });
      syncFolder(folder);
    }
    draft.publish(path);
    syncFolder(dirname(path));
  };
  const pieces = function* (hash: Hash): Generator<Buffer, void> {
    const location = locate(hash);
    if (location === undefined) throw objectMissing(hash);
    const running = startHash();
    for (const piece of readPieces(location)) {
      running.update(piece);
      yield piece;
    }
    if (running.digest().sha256 !== hash) throw objectDamaged(hash);
  };

  const open = (hash: Hash): OpenObject => {
    let bytes = 0;
    for (const piece of pieces(hash)) bytes += piece.length;
    const location = locate(hash);
    if (location === undefined) throw objectMissing(hash);
    const file = openSync(location.file, 'r');
    return {
      bytes,
      read: (start, end) => {
        const wanted = new ArrayBuffer(Math.max(0, Math.min(end, bytes) - start));
        fill(file, Buffer.from(wanted), location.offset + start);
        return wanted;
      },
      close: () => closeSync(file),
    };
  };

  return {
    has,
    pieces,
    open,
    put: (bytes) => {
      const hash = sha256Of(bytes);
      if (!isWhole(hash)) putLoose(hash, bytes);
      return hash;
    },
    putStream: (source) => {
      const draft = openDraft(folder);
      try {
        const running = startHash();
        let bytes = 0;
        for (const piece of source) {
          running.update(piece);
          draft.write(piece);
          bytes += piece.length;
        }
        const names = running.digest();
        if (!has(names.sha256)) publish(draft, names.sha256);
        return { ...names, bytes };
      } finally {
        draft.discard();
      }
    },
    get: (hash) => {
      const location = locate(hash);
      if (location === undefined) throw objectMissing(hash);
      const bytes = readWhole(location);
      if (sha256Of(bytes) !== hash) throw objectDamaged(hash);
      return bytes;
    },
    openPack: () => {
      for (const place of [folder, packsFolder]) sweepDrafts(place, Date.now());
      return openPackWriter({ packs: packsFolder, putLoose });
    },
  };
};

const readWhole = (location: Location): Buffer => {
  const file = openSync(location.file, 'r');
  try {
    const length = location.length ?? fstatSync(file).size;
    const bytes = Buffer.allocUnsafe(length);
    return bytes.subarray(0, fill(file, bytes, location.offset));
  } finally {
    closeSync(file);
  }
};

const readPieces = function* (location: Location): Generator<Buffer, void> {
  const file = openSync(location.file, 'r');
  try {
    let left = location.length ?? fstatSync(file).size;
    let offset = location.offset;
    while (left > 0) {
      const piece = Buffer.allocUnsafe(Math.min(left, PIECE_BYTES));
      const read = fill(file, piece, offset);
      if (read === 0) return;
      yield piece.subarray(0, read);
      offset += read;
      left -= read;
    }
  } finally {
    closeSync(file);
  }
};

/** @returns the number of bytes read; fewer than asked for when the file ends early */
const fill = (file: number, into: Buffer, offset: number): number => {
  let filled = 0;
  while (filled < into.length) {
    const read = readSync(file, into, filled, into.length - filled, offset + filled);
    if (read === 0) break;
    filled += read;
  }
  return filled;
};
