import { setTimeout as sleep } from 'node:timers/promises';
import { z } from 'zod';
import { Hash } from '../../contract/ids.ts';
import { RemoteVersion } from '../../contract/remote.ts';
import { remoteBusy, remoteDamaged, remoteUnsafe } from '../../faults.ts';
import { refKey, refsFolder } from './layout.ts';
import type { Transport } from './transport.ts';

/** The one thing in a remote that changes: which versions of a data set are there, and in which packs they lie. */
export const Ref = z.object({
  format: z.literal('trainyard-versions'),
  v: z.literal(1),
  path: z.string(),
  versions: z.array(RemoteVersion),
  /** Every pack that these versions need. */
  packs: z.array(Hash),
});
export type Ref = z.infer<typeof Ref>;

/** What a push adds. */
export interface RefAddition {
  readonly path: string;
  readonly versions: readonly RemoteVersion[];
  readonly packs: readonly Hash[];
}

const TRIES = 60;
const LONGEST_PAUSE_MS = 500;

/** @returns null where nobody has pushed this data set @throws Fault `remote-damaged` */
export const readRef = async (transport: Transport, path: string): Promise<Ref | null> =>
  (await readTagged(transport, refKey(path)))?.ref ?? null;

/** Of all data sets that were pushed there. */
export const readRefs = async (transport: Transport): Promise<Ref[]> => {
  const refs: Ref[] = [];
  for await (const { key } of transport.list(refsFolder)) {
    if (!key.endsWith('.json')) continue;
    const found = await readTagged(transport, key);
    if (found !== null) refs.push(found.ref);
  }
  return refs.sort((a, b) => (a.path < b.path ? -1 : 1));
};

/**
 * Adds versions to what is there, whoever else adds to it at the same time: a list that has changed since it was read
 * is read again. Nothing is ever taken out of it here.
 * @returns the versions that were not there before
 */
export const addToRef = async (transport: Transport, addition: RefAddition): Promise<readonly RemoteVersion[]> => {
  const key = refKey(addition.path);
  let added: readonly RemoteVersion[] | undefined;
  for (let tried = 0; tried < TRIES; tried += 1) {
    const found = await readTagged(transport, key);
    const before = found?.ref ?? { ...addition, versions: [], packs: [] };
    const after = merge(before, addition);
    added ??= missingIn(before, addition);
    // Only what is read back counts: some servers look at a condition and write a moment later.
    if (found !== null && isSame(before, after)) return added;
    const isWritten = await swapSafely(transport, key, after, found?.tag ?? null);
    if (!isWritten) await sleep(Math.random() * Math.min(LONGEST_PAUSE_MS, 20 * 2 ** tried));
  }
  throw remoteBusy(transport.address, addition.path);
};

const missingIn = (before: RefAddition, { versions }: RefAddition): readonly RemoteVersion[] =>
  versions.filter(({ hash }) => !before.versions.some((known) => known.hash === hash));

/** Of two lists of which one holds the other. */
const isSame = (before: RefAddition, after: RefAddition): boolean =>
  before.versions.length === after.versions.length && before.packs.length === after.packs.length;

/** The union of both; equal whoever comes first. */
const merge = (a: RefAddition, b: RefAddition): Ref => {
  const byHash = new Map([...b.versions, ...a.versions].map((version) => [version.hash, version]));
  return {
    format: 'trainyard-versions',
    v: 1,
    path: a.path,
    versions: Array.from(byHash.values()).sort((x, y) => x.createdAt - y.createdAt || (x.hash < y.hash ? -1 : 1)),
    packs: [...new Set([...a.packs, ...b.packs])].sort(),
  };
};

const swapSafely = async (transport: Transport, key: string, ref: Ref, from: string | null): Promise<boolean> => {
  const bytes = Buffer.from(`${JSON.stringify(ref)}\n`);
  if (!(await transport.swap(key, bytes, from))) return false;
  // Some servers take conditions and ignore them. Then of two pushes at once one would be lost, and nobody would know.
  if (from === null && (await transport.swap(key, bytes, null))) throw remoteUnsafe(transport.address);
  return true;
};

const readTagged = async (
  transport: Transport,
  key: string,
): Promise<{ readonly ref: Ref; readonly tag: string } | null> => {
  const found = await transport.get(key);
  if (found === null) return null;
  const parsed = Ref.safeParse(parseJson(found.bytes.toString('utf8')));
  if (!parsed.success || refKey(parsed.data.path) !== key)
    throw remoteDamaged(transport.address, key, 'it is no list of versions that this Trainyard can read');
  return { ref: parsed.data, tag: found.tag };
};

/** @returns undefined for what is no JSON */
const parseJson = (text: string): unknown => {
  try {
    return JSON.parse(text);
  } catch (error) {
    if (error instanceof SyntaxError) return undefined;
    throw error;
  }
};
