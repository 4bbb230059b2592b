import { closeSync, existsSync, fstatSync, openSync, readdirSync, readFileSync, readSync } from 'node:fs';
import { join } from 'node:path';
import { setImmediate as nextTurn } from 'node:timers/promises';
import type { Hash } from '../../contract/ids.ts';
import type { JobContext } from '../../pipeline/job.ts';
import { startDigest } from './blob-id.ts';
import { openStored, type BlobKind } from './blobs.ts';
import { PACK_HEAD, PACK_MAGIC, PACK_TAIL, parsePackFile, readPackTail } from './pack-file.ts';
import { indexEntries, isIndexOf, type BlobSpan } from './pack-index.ts';

/** How much is read: sizes and ends of packs, a share of the blobs as well, or every byte. */
export type Depth = 'quick' | { readonly share: number } | 'full';

export interface Damage {
  /** Name of the pack. */
  readonly pack: string;
  readonly part: 'pack' | 'index';
  /** The blob whose bytes are wrong; null when the damage lies between blobs or in an index. */
  readonly blob: { readonly id: Hash; readonly kind: BlobKind } | null;
  readonly why: string;
}

export interface Verified {
  readonly packs: number;
  /** Blobs whose bytes were read. */
  readonly blobs: number;
  readonly bytes: number;
  readonly damage: readonly Damage[];
}

/**
 * Compares what lies on disk with its names. Every byte of a pack or an index belongs to something that is checked:
 * an index to its name, the blobs to their ids, all of them together and the end of the pack to hashes in it.
 * @param folder `.trainyard/data`
 */
export const verifyPacks = async (
  folder: string,
  depth: Depth,
  { signal, progress }: Pick<JobContext, 'signal' | 'progress'>,
): Promise<Verified> => {
  const packs = join(folder, 'packs');
  const names = packNames(packs);
  const damage: Damage[] = [];
  let blobs = 0;
  let bytes = 0;
  for (const [at, name] of names.entries()) {
    for (const found of verifyPack(packs, name, depth)) {
      if ('stored' in found) {
        blobs += 1;
        bytes += found.stored;
      } else damage.push(found);
    }
    progress((at + 1) / names.length, `${at + 1} of ${names.length} packs`);
    await nextTurn();
    signal.throwIfAborted();
  }
  return { packs: names.length, blobs, bytes, damage };
};

/** Packs that have an index; one without is the leftover of a crash and as if it were not there. */
const packNames = (packs: string): string[] =>
  (existsSync(packs) ? readdirSync(packs) : [])
    .flatMap((file) => {
      const parsed = parsePackFile(file);
      return parsed?.part === 'index' ? [parsed.name] : [];
    })
    .sort();

/** Gives each blob that was read and is right, and each damage. */
const verifyPack = function* (packs: string, name: string, depth: Depth): Generator<BlobSpan | Damage, void> {
  const index = readFileSync(join(packs, `${name}.index`));
  const indexIsWhole = isIndexOf(index, name);
  if (!indexIsWhole) yield { pack: name, part: 'index', blob: null, why: 'it is not what its name says' };
  const pack = join(packs, `${name}.pack`);
  if (!existsSync(pack)) return yield* missingPack(name, indexIsWhole ? index : null);
  const file = openSync(pack, 'r');
  try {
    const footer = readFooter(file);
    if (footer === null) yield { pack: name, part: 'pack', blob: null, why: 'its end is not that of a pack' };
    const known = indexIsWhole ? index : footer !== null && isIndexOf(footer.index, name) ? footer.index : null;
    if (known === null) return;
    yield* verifyFrame(file, name, known, footer);
    if (depth !== 'quick') yield* verifyBlobs(file, name, known, footer, depth);
  } finally {
    closeSync(file);
  }
};

/** Names every blob of it, as far as they are known. */
const missingPack = function* (name: string, index: Buffer | null): Generator<Damage, void> {
  const why = 'it is missing';
  yield { pack: name, part: 'pack', blob: null, why };
  if (index === null) return;
  for (const { id, kind } of indexEntries(index)) yield { pack: name, part: 'pack', blob: { id, kind }, why };
};

export interface Footer {
  readonly index: Buffer;
  readonly hash: Hash;
  /** Where it begins: the end of the blobs. */
  readonly start: number;
}

/** The end of a pack. @returns null when it is damaged or cut off */
export const readFooter = (file: number): Footer | null => {
  const { size } = fstatSync(file);
  const tail = readPackTail(readRange(file, size - PACK_TAIL, PACK_TAIL));
  if (tail === null) return null;
  const start = size - PACK_TAIL - tail.indexBytes;
  if (start < PACK_HEAD) return null;
  return { index: readRange(file, start, tail.indexBytes), hash: tail.hash, start };
};

/** What is neither a blob nor, for a pack that is whole, covered by the hash in its end. */
const verifyFrame = function* (
  file: number,
  name: string,
  index: Buffer,
  footer: Footer | null,
): Generator<Damage, void> {
  const wrong = (why: string): Damage => ({ pack: name, part: 'pack', blob: null, why });
  if (!readRange(file, 0, PACK_HEAD).equals(PACK_MAGIC)) yield wrong('its beginning is not that of a pack');
  if (footer === null) return;
  if (!footer.index.equals(index)) yield wrong('its copy of the index is another one');
  const end = [...indexEntries(index)].reduce((most, { offset, stored }) => Math.max(most, offset + stored), PACK_HEAD);
  if (footer.start !== end) yield wrong(`its blobs end at ${footer.start} and not at ${end}`);
};

const verifyBlobs = function* (
  file: number,
  name: string,
  index: Buffer,
  footer: Footer | null,
  depth: { readonly share: number } | 'full',
): Generator<BlobSpan | Damage, void> {
  const running = startDigest();
  running.update(readRange(file, 0, PACK_HEAD));
  let damaged = false;
  // In the order of the pack, so that it is read from its start to its end.
  for (const { id, ...span } of [...indexEntries(index)].sort((a, b) => a.offset - b.offset)) {
    if (depth !== 'full' && Math.random() >= depth.share) continue;
    const stored = readRange(file, span.offset, span.stored);
    running.update(stored);
    if (openStored(id, span, stored) !== undefined) yield span;
    else {
      damaged = true;
      const why = stored.length < span.stored ? 'it is cut off' : 'its bytes are not those it is named by';
      yield { pack: name, part: 'pack', blob: { id, kind: span.kind }, why };
    }
  }
  if (depth === 'full' && !damaged && footer !== null && running.digest() !== footer.hash) {
    yield { pack: name, part: 'pack', blob: null, why: 'bytes changed that no blob is harmed by' };
  }
};

/** @returns fewer bytes when the file ends before */
export const readRange = (file: number, offset: number, length: number): Buffer => {
  if (offset < 0) return Buffer.alloc(0);
  const there = Math.max(0, Math.min(length, fstatSync(file).size - offset));
  const bytes = Buffer.allocUnsafe(there);
  let filled = 0;
  while (filled < there) {
    const read = readSync(file, bytes, filled, there - filled, offset + filled);
    if (read === 0) break;
    filled += read;
  }
  return bytes.subarray(0, filled);
};
