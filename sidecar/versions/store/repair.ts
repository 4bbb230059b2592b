import { closeSync, existsSync, openSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Hash } from '../../contract/ids.ts';
import { Fault } from '../../faults.ts';
import { writeDurably } from '../durable.ts';
import { idOf, openStored, type BlobKind, type Blobs } from './blobs.ts';
import { createIdSet, type IdSet } from './id-set.ts';
import { parsePackFile } from './pack-file.ts';
import { indexEntries, isIndexOf } from './pack-index.ts';
import { createPackWriter, type PackWriter } from './pack-writer.ts';
import { openTrash } from './trash.ts';
import { readFooter, readRange, type Damage } from './verify.ts';

/** Where missing bytes may come from: files on disk, another store, a remote. */
export interface BlobSource {
  /**
   * Hands over those of the wanted blobs that it has, in any order.
   * @param take may be given anything; what is not wanted or not what its id says is left
   */
  readonly bring: (
    wanted: ReadonlyMap<Hash, BlobKind>,
    take: (id: Hash, bytes: Uint8Array) => void,
  ) => Promise<void> | void;
}

/** Another store as a source. */
export const fromBlobs = ({ has, get }: Pick<Blobs, 'get' | 'has'>): BlobSource => ({
  bring: (wanted, take) => {
    for (const id of wanted.keys()) {
      const bytes = has(id) ? ifWhole(() => get(id)) : null;
      if (bytes !== null) take(id, bytes);
    }
  },
});

const ifWhole = <Value>(read: () => Value): Value | null => {
  try {
    return read();
  } catch (error) {
    if (error instanceof Fault && error.code === 'store-damaged') return null;
    throw error;
  }
};

export interface Repaired {
  /** Blobs brought from a source. */
  readonly blobs: number;
  /** Packs written anew; the damaged ones are in the trash. */
  readonly packs: number;
  /** Blobs that no source has. Their packs stay as they are. */
  readonly lost: readonly Hash[];
}

/**
 * Indexes of packs that have none, or a damaged one, made anew from the copy that each pack carries. To be called
 * before anything is looked up: blobs come back to light by it. @returns how many
 */
export const repairIndexes = (folder: string): number => {
  const packs = join(folder, 'packs');
  let repaired = 0;
  for (const name of packNames(packs)) {
    const path = join(packs, `${name}.index`);
    if (existsSync(path) && isIndexOf(readFileSync(path), name)) continue;
    const footer = withFile(join(packs, `${name}.pack`), readFooter);
    if (footer === null || !isIndexOf(footer.index, name)) continue;
    writeDurably(path, footer.index);
    repaired += 1;
  }
  return repaired;
};

interface RepairOrder {
  /** `.trainyard/data` */
  readonly folder: string;
  readonly blobs: Blobs;
  /** As `verifyPacks` has found it, after `repairIndexes`. */
  readonly damage: readonly Damage[];
  /** Blobs that versions need and that are in no pack. */
  readonly missing: readonly { readonly id: Hash; readonly kind: BlobKind }[];
  /** Asked one after the other for what the ones before did not have. */
  readonly sources: readonly BlobSource[];
  readonly now: number;
}

/**
 * Brings damaged and missing blobs from the sources into a new pack, and writes packs with damage anew from what is
 * whole. A pack of which something is lost stays where it is, so that nothing that can be read is given up.
 */
export const repairPacks = async (order: RepairOrder): Promise<Repaired> => {
  const { folder, blobs, damage, missing, sources, now } = order;
  const packs = join(folder, 'packs');
  const made = new Set<string>();
  const written = createIdSet();
  const writers = openWriters(packs, (name) => void made.add(name));
  const wanted = new Map([...damage.flatMap(({ blob }) => blob ?? []), ...missing].map(({ id, kind }) => [id, kind]));
  const sought = wanted.size;
  const take = (id: Hash, bytes: Uint8Array) => {
    const kind = wanted.get(id);
    if (kind === undefined || idOf(kind, bytes) !== id) return;
    wanted.delete(id);
    written.add(id);
    writers[kind].put(id, bytes);
  };
  for (const source of [fromBlobs(blobs), ...sources]) await source.bring(new Map(wanted), take);

  const broken = new Set(damage.filter(({ part }) => part === 'pack').map(({ pack }) => pack));
  const copied = [...broken].filter((name) => copyPack({ packs, name, written, writers, lost: wanted }));
  writers.chunk.close();
  writers.node.close();
  const trash = openTrash(folder, now);
  // A pack of the same blobs in the same order has the same name: it has taken the place of the damaged one.
  for (const name of copied) if (!made.has(name)) trash.retire(name);
  blobs.close();
  blobs.refresh();
  return { blobs: sought - wanted.size, packs: copied.length, lost: [...wanted.keys()] };
};

type Writers = Readonly<Record<BlobKind, PackWriter>>;

const openWriters = (folder: string, closed: (name: string) => void): Writers => ({
  chunk: createPackWriter({ folder, kind: 'chunk', closed }),
  node: createPackWriter({ folder, kind: 'node', closed }),
});

interface CopyOrder {
  readonly packs: string;
  readonly name: string;
  readonly written: IdSet;
  readonly writers: Writers;
  readonly lost: ReadonlyMap<Hash, BlobKind>;
}

/** Copies the blobs of a pack as they lie. @returns false when one of them is lost */
const copyPack = ({ packs, name, written, writers, lost }: CopyOrder): boolean => {
  const index = readFileSync(join(packs, `${name}.index`));
  const entries = isIndexOf(index, name) ? [...indexEntries(index)] : [];
  if (entries.length === 0 || entries.some(({ id }) => lost.has(id))) return false;
  const copied = withFile(join(packs, `${name}.pack`), (file) => {
    for (const { id, ...span } of entries.sort((a, b) => a.offset - b.offset)) {
      if (written.has(id)) continue;
      const stored = readRange(file, span.offset, span.stored);
      if (openStored(id, span, stored) === undefined) return false;
      written.add(id);
      writers[span.kind].putStored(id, stored, span.length, span.compressed);
    }
    return true;
  });
  return copied ?? entries.every(({ id }) => written.has(id));
};

/** @returns null when there is no such file */
const withFile = <Value>(path: string, read: (file: number) => Value): Value | null => {
  if (!existsSync(path)) return null;
  const file = openSync(path, 'r');
  try {
    return read(file);
  } finally {
    closeSync(file);
  }
};

const packNames = (packs: string): Set<string> =>
  new Set((existsSync(packs) ? readdirSync(packs) : []).flatMap((file) => parsePackFile(file)?.name ?? []));
