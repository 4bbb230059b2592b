import { isDeepStrictEqual } from 'node:util';
import { z } from 'zod';
import { Hash } from '../../contract/ids.ts';
import { RemoteVersion } from '../../contract/remote.ts';
import { remoteDamaged } from '../../faults.ts';
import { refKey, refsFolder } from './layout.ts';
import { changeJson, readJson, type TaggedJson } from './tagged-json.ts';
import type { Transport } from './transport.ts';

/** Which versions of a data set are in a remote, and in which packs they lie. */
export const Ref = z.object({
  format: z.literal('trainyard-versions'),
  v: z.literal(1),
  path: z.string(),
  versions: z.array(RemoteVersion),
  /** Every pack that these versions need. */
  packs: z.array(Hash),
  /** Versions that were let go of: who still has them does not bring them back by pushing all he has. */
  forgotten: z.array(Hash).default([]),
  /** Versions have gone since the packs were last looked through: some of these may be needed by none. */
  loose: z.boolean().default(false),
  /** Versions of the list by what files of DVC say of them (dvc-name.ts), which need have no note of ours. */
  dvcNames: z.record(z.string(), Hash).default({}),
});
export type Ref = z.infer<typeof Ref>;

/** What a push adds. */
export interface RefAddition {
  readonly path: string;
  readonly versions: readonly RemoteVersion[];
  readonly packs: readonly Hash[];
  /** Versions of the list of which parts are needed: when one of them has gone, nothing is added. */
  readonly relies: readonly Hash[];
  /** Whether versions that were forgotten there stay so, or come back. */
  readonly forgotten: 'stay' | 'return';
  /** Names of versions of the list, or of those that come. */
  readonly dvcNames: Ref['dvcNames'];
}

const refOf = (path: string): TaggedJson<Ref> => ({
  key: refKey(path),
  schema: Ref.refine((ref) => ref.path === path),
  name: `list of versions of ${path}`,
});

/** @returns null where nobody has pushed this data set @throws Fault `remote-damaged` */
export const readRef = (transport: Transport, path: string): Promise<Ref | null> => readJson(transport, refOf(path));

/** Of all data sets that were pushed there. */
export const readRefs = async (transport: Transport): Promise<Ref[]> => {
  const refs: Ref[] = [];
  for await (const { key } of transport.list(refsFolder)) {
    if (!key.endsWith('.json')) continue;
    const ref = await readJson(transport, { key, schema: Ref, name: 'list of versions' });
    if (ref !== null && refKey(ref.path) !== key)
      throw remoteDamaged(transport.address, key, `it is the list of versions of ${ref.path}`);
    if (ref !== null) refs.push(ref);
  }
  return refs.sort((a, b) => (a.path < b.path ? -1 : 1));
};

/**
 * Adds versions to what is there, whoever else adds to it at the same time. Nothing is ever taken out of it here.
 * @returns the versions that were not there before; null when one that the addition relies on is no longer there
 */
export const addToRef = async (
  transport: Transport,
  addition: RefAddition,
): Promise<readonly RemoteVersion[] | null> => {
  const { path, relies } = addition;
  let first: readonly RemoteVersion[] | undefined;
  const last = { isMoved: false };
  await changeJson(transport, refOf(path), (found) => {
    const before = found ?? emptyRef(path);
    last.isMoved = !relies.every((hash) => has(before.versions, hash));
    if (last.isMoved) return found;
    const after = merge(before, addition);
    first ??= after.versions.filter(({ hash }) => !has(before.versions, hash));
    return found !== null && isSame(before, after) ? found : after;
  });
  return last.isMoved ? null : (first ?? []);
};

/** Takes a version off the list. @returns whether it was on it */
export const forgetInRef = async (transport: Transport, path: string, hash: Hash): Promise<boolean> => {
  let isFound = false;
  await changeJson(transport, refOf(path), (before) => {
    if (before === null || !has(before.versions, hash)) return before;
    isFound = true;
    const versions = before.versions.filter((version) => version.hash !== hash);
    const dvcNames = namesOf(versions, before.dvcNames);
    return { ...before, versions, dvcNames, forgotten: [...before.forgotten, hash].sort(), loose: true };
  });
  return isFound;
};

/**
 * Leaves of the packs those that its versions need; unless versions have come or gone since, which another time is for.
 * @param ref as it was looked through
 * @param needed packs of it that its versions need
 */
export const tightenRef = (transport: Transport, ref: Ref, needed: ReadonlySet<Hash>): Promise<void> => {
  const judged = new Set(ref.packs);
  return changeJson(transport, refOf(ref.path), (before) => {
    if (before?.loose !== true || !isSame({ ...before, packs: [] }, { ...ref, packs: [] })) return before;
    const packs = before.packs.filter((pack) => needed.has(pack) || !judged.has(pack));
    return { ...before, packs, loose: false };
  });
};

const has = (versions: readonly RemoteVersion[], hash: Hash): boolean =>
  versions.some((version) => version.hash === hash);

const emptyRef = (path: string): Ref => ({
  format: 'trainyard-versions',
  v: 1,
  path,
  versions: [],
  packs: [],
  forgotten: [],
  loose: false,
  dvcNames: {},
});

/** Whether both name the same versions, by the same names and in the same packs. */
const isSame = (a: Ref, b: Ref): boolean =>
  a.versions.length === b.versions.length &&
  a.packs.length === b.packs.length &&
  a.forgotten.length === b.forgotten.length &&
  b.versions.every(({ hash }) => has(a.versions, hash)) &&
  isDeepStrictEqual(a.dvcNames, b.dvcNames);

/** The union of both; equal whoever comes first. */
const merge = (ref: Ref, { versions, packs, forgotten, dvcNames }: RefAddition): Ref => {
  const coming = forgotten === 'return' ? versions : versions.filter(({ hash }) => !ref.forgotten.includes(hash));
  const byHash = new Map([...coming, ...ref.versions].map((version) => [version.hash, version]));
  const all = Array.from(byHash.values()).sort((x, y) => x.createdAt - y.createdAt || (x.hash < y.hash ? -1 : 1));
  return {
    ...ref,
    versions: all,
    packs: [...new Set([...ref.packs, ...packs])].sort(),
    forgotten: ref.forgotten.filter((hash) => !byHash.has(hash)),
    dvcNames: namesOf(all, ref.dvcNames, dvcNames),
  };
};

/** Those of the names that are of versions of the list. A name that several of them have is that of the latest. */
const namesOf = (versions: readonly RemoteVersion[], ...named: readonly Ref['dvcNames'][]): Ref['dvcNames'] => {
  const rank = new Map(versions.map(({ hash }, at) => [hash, at]));
  const ranked = named.flatMap((names) =>
    Object.entries(names).flatMap(([name, hash]) => {
      const at = rank.get(hash);
      return at === undefined ? [] : [{ at, name, hash }];
    }),
  );
  return Object.fromEntries(ranked.sort((a, b) => a.at - b.at).map(({ name, hash }) => [name, hash]));
};
