import { createHash } from 'node:crypto';
import { statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import type { Hash } from '../../../../sidecar/contract/ids.ts';
import { Fault } from '../../../../sidecar/faults.ts';
import { openBlobs } from '../../../../sidecar/versions/store/blobs.ts';
import { collect } from '../../../../sidecar/versions/store/collect.ts';
import { verifyPacks } from '../../../../sidecar/versions/store/verify.ts';
import { createContents } from '../../../../sidecar/versions/tree/contents.ts';
import { markVersions } from '../../../../sidecar/versions/tree/mark.ts';
import { readFiles, writeVersion } from '../../../../sidecar/versions/tree/version.ts';
import { splitEntries, toVersionFile, unreadEntry } from '../../../../sidecar/versions/working/index-entry.ts';
import { openNodeDraft } from '../../../../sidecar/versions/working/node-draft.ts';
import { readInParts } from '../../../../sidecar/versions/working/read-in-parts.ts';
import { freshFolder } from '../../../support/fresh-folder.ts';
import { recordedContext } from '../../../support/job-context.ts';
import { twoHands } from '../working/two-hands.ts';
import { createStage, recordDisk, type DiskState, type Operation } from './disk-model.ts';
import { crashStates } from './every-crash.ts';
import { noise } from './noise.ts';
import { saveVersion } from './random-version.ts';

const { context } = recordedContext();

interface Run {
  readonly operations: readonly Operation[];
  readonly files: ReadonlyMap<Hash, ReadonlyMap<string, Buffer>>;
}

/**
 * The reference run: versions are saved, each with something of the ones before; some are forgotten and collected,
 * which removes packs and writes others anew; the last has a file that two hands read in parts. An acknowledged word is `+version` or `-version`.
 */
const referenceRun = async (seed: number): Promise<Run> => {
  const folder = freshFolder();
  const files = new Map<Hash, ReadonlyMap<string, Buffer>>();
  const recording = recordDisk(folder);
  try {
    const named = new Set<Hash>();
    for (let turn = 0; turn < 5; turn++) {
      const rows = new Map(
        Array.from({ length: 5 + turn }, (_, at) => [
          `${at}.bin`,
          noise(40 + at * 90, seed * 100 + (at % 2 === 0 ? at : at + turn * 10)),
        ]),
      );
      const version = saveVersion(folder, rows);
      recording.acknowledge(`+${version}`);
      files.set(version, rows);
      named.add(version);
    }
    const [first, second, third] = [...named];
    for (const version of [first!, third!]) {
      named.delete(version);
      recording.acknowledge(`-${version}`);
    }
    const order = {
      folder,
      mark: (_recent: readonly Hash[], live: Parameters<typeof markVersions>[2]) => {
        const roots = [...named].map((version) => ({ version, name: version }));
        markVersions(openBlobs(folder), roots, live);
      },
      graceMs: 0,
      dryRun: false,
      now: Date.now() + 1_000,
    };
    const { packs } = await collect(order, context);
    expect(new Set(packs.map(({ fate }) => fate))).toContain('sparse');
    named.delete(second!);
    recording.acknowledge(`-${second!}`);
    await collect({ ...order, now: Date.now() + 2_000 }, context);
    saveVersion(folder, files.get(first!)!);
    recording.acknowledge(`+${first!}`);
    const large = noise(190_000, seed);
    const parted = await saveInParts(folder, 'large.bin', large);
    recording.acknowledge(`+${parted}`);
    files.set(parted, new Map([['large.bin', large]]));
  } finally {
    recording.stop();
  }
  return { operations: recording.operations, files };
};

/** Saves one file as a snapshot does when its threads share it. */
const saveInParts = async (folder: string, path: string, bytes: Buffer): Promise<Hash> => {
  const data = { type: 'folder' as const, path: 'data', absolute: freshFolder() };
  writeFileSync(join(data.absolute, path), bytes);
  const entry = unreadEntry({ path, stat: statSync(join(data.absolute, path)) });
  const draft = openBlobs(folder).openDraft();
  const hands = twoHands({ role: 'read', data, store: folder });
  const lists = openNodeDraft(draft, hands.commit);
  const more = { former: [], isKnown: openBlobs(folder).has, onBytes: () => undefined };
  const read = await readInParts(entry, { data, hands, lists, partBytes: 1, ...more });
  await hands.commit();
  // A file as small as this one has its MD5 in its row.
  const md5 = createHash('md5').update(bytes).digest('hex');
  const files = [...splitEntries(read)].map((row) => ({ ...toVersionFile(row), md5 }));
  const version = writeVersion(draft, 'folder', files);
  draft.commit();
  return version;
};

/** @returns what is wrong with the store in this state, or null */
const judge = async (folder: string, promised: readonly string[], files: Run['files']): Promise<string | null> => {
  const { damage } = await verifyPacks(folder, 'full', context);
  if (damage[0] !== undefined) return `damaged: ${damage[0].part}, ${damage[0].why}`;
  const living = new Set<Hash>();
  for (const word of promised) {
    const version = word.slice(1) as Hash;
    if (word.startsWith('+')) living.add(version);
    else living.delete(version);
  }
  const blobs = openBlobs(folder);
  try {
    for (const version of living) {
      const lost = firstLost(blobs, version, files.get(version)!);
      if (lost !== null) return `lost: ${lost}`;
    }
    return null;
  } finally {
    blobs.close();
  }
};

const firstLost = (blobs: ReturnType<typeof openBlobs>, version: Hash, files: ReadonlyMap<string, Buffer>) => {
  const contents = createContents(blobs);
  try {
    const rows = [...readFiles(blobs, version)];
    if (rows.length !== files.size) return `${version} has ${rows.length} files`;
    return rows.find((row) => !contents.get(row).equals(files.get(row.path)!))?.path ?? null;
  } catch (error) {
    if (error instanceof Fault && error.code === 'store-damaged') return error.message;
    throw error;
  }
};

interface Verdicts {
  readonly states: number;
  readonly wrong: readonly string[];
}

/** Judges every state; equal ones once. Stops at the first that is wrong when only that is asked for. */
const judgeAll = async ({ operations, files }: Run, seed: number, until = Infinity): Promise<Verdicts> => {
  const folder = join(freshFolder(), 'stage');
  const stage = createStage(folder);
  const seen = new Map<string, string | null>();
  const wrong: string[] = [];
  let states = 0;
  for (const { state, promised, how } of crashStates(operations, seed)) {
    states += 1;
    const key = keyOf(state, promised);
    let verdict = seen.get(key);
    if (verdict === undefined) {
      stage.show(state);
      verdict = await judge(folder, promised, files);
      if (states % 50 === 0 && verdict === null) {
        verdict = goesOn(folder);
        stage.clear();
      }
      seen.set(key, verdict);
    }
    if (verdict !== null) wrong.push(`${how}: ${verdict}`);
    if (wrong.length >= until) break;
  }
  return { states, wrong };
};

/** Whether a version can be saved after the crash. */
const goesOn = (folder: string): string | null => {
  const files = new Map([['after.bin', noise(700, 4_242)]]);
  const blobs = openBlobs(folder);
  return firstLost(blobs, saveVersion(folder, files), files);
};

const keyOf = (state: DiskState, promised: readonly string[]): string => {
  const hash = createHash('md5').update(promised.join());
  for (const name of [...state.keys()].sort()) hash.update(`\n${name}\n`).update(state.get(name)!);
  return hash.digest('hex');
};

test('ten thousand states of a disk after a crash: nothing acknowledged is lost, nothing is damaged', async () => {
  let states = 0;
  for (let seed = 1; states < 10_000; seed++) {
    const verdicts = await judgeAll(await referenceRun(seed), seed);
    expect(verdicts.wrong).toEqual([]);
    states += verdicts.states;
  }
}, 300_000);

const isPack = (path: string) => path.endsWith('.pack');
const isIndex = (path: string) => path.endsWith('.index');
const isTrash = (path: string) => path.startsWith('trash');
/** Files that end up under such a name. */
const filesNamed = (operations: readonly Operation[], named: (path: string) => boolean): ReadonlySet<number> => {
  const names = new Map<string, number>();
  const found = new Set<number>();
  for (const operation of operations) {
    if (operation.what === 'create') names.set(operation.path, operation.file);
    if (operation.what !== 'rename') continue;
    const file = names.get(operation.from);
    if (file !== undefined && named(operation.to)) found.add(file);
  }
  return found;
};
const without = (operations: readonly Operation[], isGone: (operation: Operation) => boolean) =>
  operations.filter((operation) => !isGone(operation));
/** Moves operations so many steps ahead. */
const earlier = (operations: readonly Operation[], isMoved: (operation: Operation) => boolean, steps: number) => {
  const list = [...operations];
  for (const [at, operation] of operations.entries()) {
    if (!isMoved(operation)) continue;
    list.splice(list.indexOf(operation), 1);
    list.splice(Math.max(0, at - steps), 0, operation);
  }
  return list;
};

/** Writers with one bug each, made from what the right one does. */
const mutants: Readonly<Record<string, (operations: readonly Operation[]) => readonly Operation[]>> = {
  'packs are not synced': (operations) => {
    const packs = filesNamed(operations, isPack);
    return without(operations, (one) => one.what === 'sync' && packs.has(one.file));
  },
  'indexes are not synced': (operations) => {
    const indexes = filesNamed(operations, isIndex);
    return without(operations, (one) => one.what === 'sync' && indexes.has(one.file));
  },
  'the folder of packs is not synced': (operations) =>
    without(operations, (one) => one.what === 'syncFolder' && one.path === 'packs'),
  'the folder above is not synced when the folder of packs is made': (operations) =>
    without(operations, (one) => one.what === 'syncFolder' && one.path === ''),
  'an index has its name before its pack': (operations) =>
    earlier(operations, (one) => one.what === 'rename' && isIndex(one.to) && !isTrash(one.from), 12),
  'a version is acknowledged before it is committed': (operations) =>
    earlier(operations, (one) => one.what === 'acknowledge' && one.word.startsWith('+'), 16),
  'packs are written under their own names': (operations) => {
    const names = new Map<string, string>();
    for (const one of operations) if (one.what === 'rename' && !isTrash(one.to)) names.set(one.from, one.to);
    return operations.flatMap((one): readonly Operation[] => {
      if (one.what === 'create') return [{ ...one, path: names.get(one.path) ?? one.path }];
      return one.what === 'rename' && names.get(one.from) === one.to ? [] : [one];
    });
  },
  'old packs go before the new one is written': (operations) => {
    const moves = operations.filter((one) => one.what === 'rename' && isTrash(one.to));
    const rest = without(operations, (one) => moves.includes(one));
    const at = rest.findIndex((one) => one.what === 'acknowledge' && one.word.startsWith('-'));
    return [...rest.slice(0, at + 2), { what: 'folder', path: 'trash' }, ...moves, ...rest.slice(at + 2)];
  },
  'a pack goes before its index': (operations) => {
    const list = [...operations];
    for (const [at, one] of list.entries()) {
      if (one.what !== 'rename' || !isTrash(one.to) || !isIndex(one.to)) continue;
      const other = list.findIndex(
        (later, place) => place > at && later.what === 'rename' && isTrash(later.to) && isPack(later.to),
      );
      [list[at], list[other]] = [list[other]!, one];
    }
    return list;
  },
};

test.each(Object.keys(mutants))('the same states tell when %s', async (name) => {
  const run = await referenceRun(1);
  const operations = mutants[name]!(run.operations);
  expect(operations).not.toEqual(run.operations);
  expect((await judgeAll({ ...run, operations }, 1, 1)).wrong.length).toBe(1);
});
