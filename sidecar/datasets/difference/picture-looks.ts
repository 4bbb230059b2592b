import { closeSync, fstatSync, ftruncateSync, mkdirSync, openSync, readFileSync, writeSync } from 'node:fs';
import { dirname } from 'node:path';
import type { Hash } from '../../contract/ids.ts';
import { readRaster } from '../raster.ts';
import { perceptualHash } from './perceptual-hash.ts';
import { ifThere } from '../../versions/if-there.ts';

/** What is known of a picture without its pixels. */
export interface Look {
  readonly width: number;
  readonly height: number;
  readonly channels: 1 | 3;
  readonly hash: bigint;
}

/** Why a file is no picture that can be decoded, in a few words. */
export interface NoLook {
  readonly why: string;
}

/** Looks of pictures by their contents, kept so that no picture is decoded twice. */
export interface Looks {
  /** @param read its bytes, asked for when it has not been seen yet; what it throws is passed on */
  readonly of: (contents: Hash, read: () => Uint8Array) => Look | NoLook;
  readonly has: (contents: Hash) => boolean;
  /** Takes what was seen elsewhere. */
  readonly keep: (contents: Hash, look: Look | NoLook) => void;
  /** Writes what is new. */
  readonly save: () => void;
}

/** Contents, hash, width, height, channels. */
const RECORD_BYTES = 32 + 8 + 4 + 4 + 1;

/**
 * @param file where looks are kept; derived from the pictures, it may be deleted at any time
 */
export const openLooks = (file: string): Looks => {
  const known = new Map<string, Look | NoLook>();
  const kept = readKept(file);
  for (let at = 0; at + RECORD_BYTES <= kept.length; at += RECORD_BYTES) {
    known.set(kept.toString('hex', at, at + 32), parse(kept, at + 32));
  }
  let fresh: Buffer[] = [];
  const keep = (contents: Hash, look: Look | NoLook): void => {
    known.set(contents, look);
    // A later reader of pictures may read what this one cannot.
    if (!('why' in look)) fresh.push(format(contents, look));
  };
  return {
    keep,
    has: (contents) => known.has(contents),
    of: (contents, read) => {
      const look = known.get(contents) ?? lookAt(read());
      if (!known.has(contents)) keep(contents, look);
      return look;
    },
    save: () => {
      if (fresh.length > 0) append(file, Buffer.concat(fresh));
      fresh = [];
    },
  };
};

/** Decodes a picture. */
export const lookAt = (bytes: Uint8Array): Look | NoLook => {
  try {
    const raster = readRaster(bytes);
    const { width, height, channels } = raster;
    return { width, height, channels, hash: perceptualHash(raster) };
  } catch (error) {
    return { why: error instanceof Error ? error.message : String(error) };
  }
};

const readKept = (file: string): Buffer => ifThere(() => readFileSync(file)) ?? Buffer.alloc(0);

const parse = (bytes: Buffer, at: number): Look => ({
  hash: bytes.readBigUInt64LE(at),
  width: bytes.readUInt32LE(at + 8),
  height: bytes.readUInt32LE(at + 12),
  channels: bytes[at + 16] === 1 ? 1 : 3,
});

const format = (contents: Hash, { hash, width, height, channels }: Look): Buffer => {
  const record = Buffer.alloc(RECORD_BYTES);
  record.write(contents, 0, 'hex');
  record.writeBigUInt64LE(hash, 32);
  record.writeUInt32LE(width, 40);
  record.writeUInt32LE(height, 44);
  record[48] = channels;
  return record;
};

/** A record that a crash left unfinished is cut off, so that those behind it stay whole. */
const append = (file: string, records: Buffer): void => {
  mkdirSync(dirname(file), { recursive: true, mode: 0o700 });
  const handle = openSync(file, 'a', 0o600);
  try {
    const { size } = fstatSync(handle);
    if (size % RECORD_BYTES !== 0) ftruncateSync(handle, size - (size % RECORD_BYTES));
    writeSync(handle, records);
  } finally {
    closeSync(handle);
  }
};
