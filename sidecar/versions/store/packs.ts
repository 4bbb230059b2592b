import { readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import type { Hash } from '../../contract/ids.ts';
import { createIdKey } from './id-set.ts';
import { briefIndex, wholeIndex, type KnownIndex } from './known-index.ts';
import { parsePackFile } from './pack-file.ts';
import { ENTRY_BYTES, findEntry, INDEX_HEAD, isIndexOf, readEntry, type BlobSpan } from './pack-index.ts';
import { createSlotTable, type SharedSlots } from './slot-table.ts';
import { ifThere } from '../if-there.ts';

/** Where a blob lies. */
export interface BlobPlace extends BlobSpan {
  /** Name of the pack. */
  readonly pack: Hash;
}

/**
 * All blobs of a folder of packs: the indexes as they are on disk, read when they are first asked for, and one table
 * over them, made once more than a few blobs were looked up.
 */
export interface Packs {
  readonly has: (id: Hash) => boolean;
  readonly find: (id: Hash) => BlobPlace | undefined;
  /** Every place of a blob that is in several packs; it looks through all indexes. */
  readonly findAll: (id: Hash) => BlobPlace[];
  /** Looks what was added or has gone. Cheap when the folder's time stamp says that nothing was. */
  readonly refresh: () => void;
  /** Takes up a pack that this process has just closed. */
  readonly add: (name: Hash, index: Buffer) => void;
  readonly names: () => readonly Hash[];
  /** The index of a pack that is known. */
  readonly index: (name: Hash) => Buffer | undefined;
  /** Packs whose index is there and not what its name says. */
  readonly damaged: () => readonly string[];
  /** Lends what is known to threads, which then need not read it: a million blobs are 52 MB. */
  readonly share: () => SharedPacks;
}

/** Indexes and the table over them, in memory that many threads read. */
export interface SharedPacks {
  readonly indexes: readonly { readonly name: Hash; readonly bytes: SharedArrayBuffer }[];
  readonly table: SharedSlots;
}

/** Time within which a folder may change twice under one time stamp, in milliseconds. */
const RACY_MS = 1_000;

/** Blobs that are looked up by bisection before a table of all of them is worth making. */
const FEW_LOOKUPS = 32;

interface PlacedIndex extends KnownIndex {
  /** Number of the first row. */
  readonly start: number;
}

/** @param shared of packs of this folder that another thread knows */
export const openPacks = (folder: string, shared: SharedPacks | null = null): Packs => {
  const key = createIdKey();
  let loaded: PlacedIndex[] = [];
  let names = new Set<string>();
  let damaged = new Set<string>();
  let rows = 0;
  /** Indexes whose rows are in the table: the first ones. */
  let listed = 0;
  let lookups = 0;
  let opened = shared !== null;
  let seen = { modifiedAt: -1, settled: false };

  /** The index that holds a row: they stand in order of their first rows. */
  const indexOf = (row: number): PlacedIndex => {
    let low = 0;
    let high = loaded.length - 1;
    while (low < high) {
      const middle = (low + high + 1) >>> 1;
      if ((loaded[middle]?.start ?? 0) <= row) low = middle;
      else high = middle - 1;
    }
    return loaded[low] as PlacedIndex;
  };
  const table = createSlotTable(
    {
      firstWord: (row) => {
        const { firstWord, start } = indexOf(row);
        return firstWord(row - start);
      },
      matches: (row, wanted) => {
        const { matches, start } = indexOf(row);
        return matches(row - start, wanted);
      },
    },
    shared?.table,
  );

  const add = (index: KnownIndex) => {
    if (names.has(index.name)) return;
    loaded.push({ ...index, start: rows });
    names.add(index.name);
    rows += index.rows;
  };
  for (const { name, bytes } of shared?.indexes ?? []) add(wholeIndex(name, Buffer.from(bytes)));
  listed = loaded.length;
  const forgetAll = () => {
    loaded = [];
    names = new Set();
    rows = listed = 0;
    table.clear();
  };

  /** @returns null when it has gone, or is damaged */
  const readSound = (name: string): Buffer | null => {
    const bytes = readIndex(folder, name);
    if (bytes === null || isIndexOf(bytes, name)) return bytes;
    damaged.add(name);
    return null;
  };
  const takeUp = (name: string) => {
    const bytes = readSound(name);
    if (bytes !== null) add(wholeIndex(name as Hash, bytes));
  };
  const refresh = () => {
    opened = true;
    const modifiedAt = statSync(folder, { throwIfNoEntry: false })?.mtimeMs ?? -1;
    if (modifiedAt === seen.modifiedAt && seen.settled) return;
    seen = { modifiedAt, settled: modifiedAt !== -1 && Date.now() - modifiedAt > RACY_MS };
    const there = new Set(modifiedAt === -1 ? [] : listIndexes(folder));
    if ([...names].some((name) => !there.has(name))) forgetAll();
    damaged = new Set();
    for (const name of there) if (!names.has(name)) takeUp(name);
  };

  const open = () => {
    if (!opened) refresh();
    return loaded;
  };
  const listAll = () => {
    const from = loaded[listed]?.start ?? rows;
    table.reserve(rows);
    for (let row = from; row < rows; row++) table.add(row);
    listed = loaded.length;
  };
  const hasListed = (id: Hash): boolean => {
    if (listed < loaded.length) listAll();
    return table.find(key.of(id)) !== -1;
  };
  const findListed = (id: Hash): BlobPlace | undefined => {
    if (listed < loaded.length) listAll();
    const row = table.find(key.of(id));
    if (row === -1) return undefined;
    const { name, bytes, start } = indexOf(row);
    const all = bytes();
    return all === null ? undefined : { pack: name, ...readEntry(all, INDEX_HEAD + (row - start) * ENTRY_BYTES) };
  };
  const findAll = (id: Hash): BlobPlace[] =>
    open().flatMap(({ name, bytes }) => {
      const all = bytes();
      const entry = all === null ? undefined : findEntry(all, id);
      return entry === undefined ? [] : [{ pack: name, ...entry }];
    });
  const share = (): SharedPacks => {
    const whole = open().flatMap(({ name, bytes }) => {
      const all = bytes();
      return all === null ? [] : [{ name, bytes: toShared(all) }];
    });
    forgetAll();
    for (const { name, bytes } of whole) add(wholeIndex(name, Buffer.from(bytes)));
    listAll();
    return { indexes: whole, table: table.share() };
  };
  const isFew = () => lookups < FEW_LOOKUPS && listed < open().length;

  return {
    add: (name, index) => add(briefIndex(name, index, () => readSound(name))),
    share,
    refresh,
    findAll,
    names: () => open().map(({ name }) => name),
    index: (wanted) =>
      open()
        .find(({ name }) => name === wanted)
        ?.bytes() ?? undefined,
    damaged: () => {
      open();
      return [...damaged];
    },
    has: (id) => {
      if (!isFew()) return hasListed(id);
      lookups += 1;
      return findAll(id).length > 0;
    },
    find: (id) => {
      if (!isFew()) return findListed(id);
      lookups += 1;
      return findAll(id)[0];
    },
  };
};

const listIndexes = (folder: string): string[] =>
  readdirSync(folder).flatMap((file) => {
    const parsed = parsePackFile(file);
    return parsed?.part === 'index' ? [parsed.name] : [];
  });

/** @returns null when it has gone since the folder was listed */
const readIndex = (folder: string, name: string): Buffer | null =>
  ifThere(() => readFileSync(join(folder, `${name}.index`)));

const toShared = (bytes: Buffer): SharedArrayBuffer => {
  const memory = new SharedArrayBuffer(bytes.length);
  bytes.copy(new Uint8Array(memory));
  return memory;
};
