import { closeSync, existsSync, openSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { setImmediate as nextTurn } from 'node:timers/promises';
import type { Hash } from '../../contract/ids.ts';
import { storeNotWhole } from '../../faults.ts';
import type { JobContext } from '../../pipeline/job.ts';
import { openStored, type BlobKind } from './blobs.ts';
import { createIdSet, type IdSet } from './id-set.ts';
import { PACK_BYTES, parsePackFile } from './pack-file.ts';
import { indexEntries, isIndexOf, type BlobSpan } from './pack-index.ts';
import { createPackWriter } from './pack-writer.ts';
import { openRecent } from './recent.ts';
import { openTrash, type Trash } from './trash.ts';
import { readRange } from './verify.ts';

export interface CollectOrder {
  /** `.trainyard/data` */
  readonly folder: string;
  /** Marks everything that living versions need: those that the caller knows, and the ones that are handed over. */
  readonly mark: (recent: readonly Hash[], live: IdSet) => void;
  /** Nothing younger is taken, in milliseconds. */
  readonly graceMs: number;
  readonly dryRun: boolean;
  /** Milliseconds since 1970. */
  readonly now: number;
}

/** Why a pack stays, or what becomes of it. */
export type Fate = 'young' | 'live' | 'dead' | 'sparse' | 'small';

export interface PackFate {
  readonly pack: string;
  readonly kind: BlobKind;
  readonly fate: Fate;
  /** Bytes of blobs: all, and those that are needed. */
  readonly bytes: number;
  readonly liveBytes: number;
  readonly blobs: number;
  readonly liveBlobs: number;
}

export interface Collected {
  readonly packs: readonly PackFate[];
  /** Bytes of packs that went into the trash, less those of the packs that replace them. */
  readonly retired: number;
  /** Bytes that left the trash, and the disk, for good. */
  readonly freed: number;
  /** A version was saved meanwhile: everything was put back, and nothing was collected. */
  readonly undone: boolean;
}

/** Below this share of needed bytes a pack is written anew. */
const SPARSE = 0.6;
/** Packs that hold less than this are put together, when there are so many. */
const SMALL_BYTES = PACK_BYTES / 16;
const SMALL_PACKS = 32;
/** Nobody writes one pack for that long; what is older and has no index was left by a process that is gone. */
const LEFTOVER_MS = 24 * 3_600_000;

/**
 * Removes blobs that no living version needs.
 *
 * 1. Marks what is needed, from the versions that the caller names and from `recent/`: versions of the last day.
 * 2. Writes packs of which little is needed anew, without the rest.
 * 3. Moves those, and packs of which nothing is needed, into the trash; a later collection empties it.
 * 4. Looks once more into `recent/`. A version that was saved since step 1 may rely on what has just been moved:
 *    everything is put back.
 *
 * A draft that is open meanwhile relies on blobs that it has seen. When it is committed it first writes its name into
 * `recent/` and then looks into the trash, and brings back what came there since it was opened. So either step 4 sees
 * the name, or the draft sees the trash. Nobody waits for anybody, and a process that dies leaves nothing locked.
 *
 * @throws Fault `store-damaged` when a pack or a node cannot be read: what is needed is then not known for sure
 */
export const collect = async (
  order: CollectOrder,
  context: Pick<JobContext, 'signal' | 'progress'>,
): Promise<Collected> => {
  const { folder, graceMs, dryRun, now } = order;
  const packs = join(folder, 'packs');
  const recent = openRecent(folder);
  const before = recent.list();
  const live = createIdSet();
  order.mark(
    [...before].filter(([, at]) => at >= now - graceMs).map(([version]) => version),
    live,
  );
  const fates = await judgeAll({ packs, live, youngSince: now - graceMs }, context);
  if (dryRun) return { packs: fates, retired: estimate(fates), freed: 0, undone: false };

  const made = rewrite(packs, fates, live);
  const trash = openTrash(folder, now);
  const gone = fates.filter(({ fate, pack }) => leaves.has(fate) && !made.has(pack)).map(({ pack }) => pack);
  const retired = sizeOf(packs, gone) - sizeOf(packs, made);
  for (const pack of gone) trash.retire(pack);
  const undone = [...recent.list()].some(([version, at]) => before.get(version) !== at);
  if (undone) trash.bringBack(now);
  sweepLeftovers(packs, trash, now - Math.max(graceMs, LEFTOVER_MS));
  recent.forget(now - graceMs);
  // Without grace nothing waits: the caller has said that nobody else is at work.
  const freed = trash.empty(graceMs === 0 && !undone ? Infinity : now - graceMs);
  return { packs: fates, retired: undone ? 0 : retired, freed, undone };
};

/** Fates of packs that go. */
const leaves: ReadonlySet<Fate> = new Set(['dead', 'sparse', 'small']);

interface Judgement {
  readonly packs: string;
  readonly live: IdSet;
  readonly youngSince: number;
}

const judgeAll = async (
  { packs, live, youngSince }: Judgement,
  { signal, progress }: Pick<JobContext, 'signal' | 'progress'>,
): Promise<PackFate[]> => {
  const names = indexNames(packs);
  const fates: PackFate[] = [];
  for (const [at, name] of names.entries()) {
    const young = statSync(join(packs, `${name}.index`)).mtimeMs >= youngSince;
    fates.push(judge(name, [...readIndex(packs, name)], live, young));
    progress((at + 1) / names.length, `${at + 1} of ${names.length} packs`);
    await nextTurn();
    signal.throwIfAborted();
  }
  return putSmallTogether(fates);
};

const judge = (pack: string, entries: readonly IndexEntry[], live: IdSet, young: boolean): PackFate => {
  const needed = entries.filter(({ id }) => live.has(id));
  const sum = (blobs: readonly IndexEntry[]) => blobs.reduce((bytes, { stored }) => bytes + stored, 0);
  const [bytes, liveBytes] = [sum(entries), sum(needed)];
  const counts = { bytes, liveBytes, blobs: entries.length, liveBlobs: needed.length };
  return { pack, kind: entries[0]?.kind ?? 'chunk', ...counts, fate: young ? 'young' : fateOf(counts) };
};

const fateOf = ({ bytes, liveBytes, liveBlobs }: Omit<PackFate, 'pack' | 'kind' | 'fate'>): Fate => {
  if (liveBlobs === 0) return 'dead';
  return liveBytes < bytes * SPARSE ? 'sparse' : 'live';
};

/** Every snapshot leaves two packs, however little it adds: many of them become one. */
const putSmallTogether = (fates: readonly PackFate[]): PackFate[] => {
  const isSmall = ({ fate, bytes }: PackFate) => fate === 'live' && bytes < SMALL_BYTES;
  const crowded = (['chunk', 'node'] as const).filter(
    (kind) => fates.filter((fate) => fate.kind === kind && isSmall(fate)).length >= SMALL_PACKS,
  );
  return fates.map((fate) => (isSmall(fate) && crowded.includes(fate.kind) ? { ...fate, fate: 'small' } : fate));
};

/** Writes what is needed of sparse and small packs anew, durably. @returns names of the new packs */
const rewrite = (packs: string, fates: readonly PackFate[], live: IdSet): ReadonlySet<string> => {
  const made = new Set<string>();
  const written = createIdSet();
  const closed = (name: string) => void made.add(name);
  const writers = {
    chunk: createPackWriter({ folder: packs, kind: 'chunk', closed }),
    node: createPackWriter({ folder: packs, kind: 'node', closed }),
  };
  try {
    for (const { pack, fate } of fates) {
      if (fate !== 'sparse' && fate !== 'small') continue;
      for (const { id, stored, ...span } of readBlobs(packs, pack, live)) {
        if (written.add(id)) writers[span.kind].putStored(id, stored, span.length, span.compressed);
      }
    }
    writers.chunk.close();
    writers.node.close();
  } finally {
    writers.chunk.discard();
    writers.node.discard();
  }
  return made;
};

/** The needed blobs of a pack as they lie, checked, in their order. */
const readBlobs = function* (packs: string, pack: string, live: IdSet) {
  const file = openSync(join(packs, `${pack}.pack`), 'r');
  try {
    for (const { id, ...span } of [...readIndex(packs, pack)].sort((a, b) => a.offset - b.offset)) {
      if (!live.has(id)) continue;
      const stored = readRange(file, span.offset, span.stored);
      if (openStored(id, span, stored) === undefined) throw storeNotWhole(pack);
      yield { id, ...span, stored };
    }
  } finally {
    closeSync(file);
  }
};

type IndexEntry = BlobSpan & { readonly id: Hash };

/** @throws Fault `store-damaged` when it is damaged or its pack is gone */
const readIndex = (packs: string, name: string): Generator<IndexEntry, void> => {
  const bytes = readFileSync(join(packs, `${name}.index`));
  if (!isIndexOf(bytes, name) || !existsSync(join(packs, `${name}.pack`))) throw storeNotWhole(name);
  return indexEntries(bytes);
};

const indexNames = (packs: string): string[] =>
  listIfThere(packs).flatMap((file) => {
    const parsed = parsePackFile(file);
    return parsed?.part === 'index' ? [parsed.name] : [];
  });

/** What crashes have left: packs without an index go into the trash, drafts are removed. */
const sweepLeftovers = (packs: string, trash: Pick<Trash, 'retire'>, until: number): void => {
  const indexed = new Set<string>(indexNames(packs));
  for (const file of listIfThere(packs)) {
    const path = join(packs, file);
    if (indexed.has(parsePackFile(file)?.name ?? '') || (statIfThere(path)?.mtimeMs ?? until) >= until) continue;
    const pack = parsePackFile(file);
    if (pack !== null) trash.retire(pack.name);
    else if (draftName.test(file)) rmSync(path, { force: true });
  }
};

const draftName = /^\.[0-9a-f-]{36}\.tmp$/;

const sizeOf = (packs: string, names: Iterable<string>): number =>
  [...names].reduce((sum, name) => sum + (statIfThere(join(packs, `${name}.pack`))?.size ?? 0), 0);

const statIfThere = (path: string) => statSync(path, { throwIfNoEntry: false });

const listIfThere = (folder: string): string[] => (existsSync(folder) ? readdirSync(folder).sort() : []);

const estimate = (fates: readonly PackFate[]): number =>
  fates.filter(({ fate }) => leaves.has(fate)).reduce((sum, { bytes, liveBytes }) => sum + bytes - liveBytes, 0);
