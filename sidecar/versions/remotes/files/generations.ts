import { randomUUID } from 'node:crypto';
import { dirname, join } from 'node:path/posix';
import { sourceOf, type Tagged } from '../transport.ts';
import type { RemoteFiles } from './port.ts';

/**
 * Compare-and-swap on plain files, without a lock that a crash could leave behind. The n-th content of `refs/x` is a
 * file `refs/x~n`, made by a step that fails when the name is taken; the highest n holds, and its number is the tag.
 * Generations are removed only when `KEPT` higher ones are there, and the highest never is. So a writer who claims a
 * number sees by the highest one whether that number was free since nobody had had it, or since it is long gone.
 *
 * The bare name holds a copy of the newest content, for servers that give out files and for tools that copy them.
 */
export interface Generations {
  readonly get: (key: string) => Promise<Tagged | null>;
  readonly swap: (key: string, bytes: Uint8Array, from: string | null) => Promise<boolean>;
}

const KEPT = 16;
/** Reading races with removing: what was the highest may be gone a moment later, since higher ones came. */
const LOOKS = 20;

export const openGenerations = (files: RemoteFiles): Generations => ({
  get: (key) => readNewest(files, key),
  swap: async (key, bytes, from) => {
    if (from === null && (await readNewest(files, key)) !== null) return false;
    const own = Number(from ?? '0') + 1;
    const draft = await writeDraft(files, dirname(key), bytes);
    try {
      if (!(await files.claim(draft, named(key, own)))) return false;
    } finally {
      await files.remove(draft);
    }
    const highest = (await generationsOf(files, key)).at(-1) ?? own;
    if (highest >= own + KEPT) {
      await files.remove(named(key, own));
      return false;
    }
    await publishCopy(files, key);
    await removeOld(files, key);
    return true;
  },
});

const readNewest = async (files: RemoteFiles, key: string): Promise<Tagged | null> => {
  for (let looked = 0; looked < LOOKS; looked += 1) {
    const newest = (await generationsOf(files, key)).at(-1);
    // Without generations somebody has copied a remote here from a bucket.
    const bytes = await readAll(files, newest === undefined ? key : named(key, newest));
    if (bytes !== null) return { bytes, tag: String(newest ?? 0) };
    if (newest === undefined) return null;
  }
  throw new Error(`${key} changes faster than it can be read`);
};

const readAll = async (files: RemoteFiles, path: string): Promise<Buffer | null> => {
  const size = await files.size(path);
  return size === null ? null : files.read(path, 0, size);
};

const named = (key: string, generation: number): string => `${key}~${generation}`;

/** In rising order. */
const generationsOf = async (files: RemoteFiles, key: string): Promise<readonly number[]> => {
  const prefix = named(key.slice(key.lastIndexOf('/') + 1), 0).slice(0, -1);
  const entries = await files.entries(dirname(key));
  return entries
    .map(({ name }) => name)
    .filter((name) => name.startsWith(prefix) && /^\d+$/.test(name.slice(prefix.length)))
    .map((name) => Number(name.slice(prefix.length)))
    .sort((a, b) => a - b);
};

const writeDraft = async (files: RemoteFiles, folder: string, bytes: Uint8Array): Promise<string> => {
  const draft = draftIn(folder);
  await files.write(draft, sourceOf(bytes), () => undefined);
  return draft;
};

/** A name that no reader takes for an object. */
export const draftIn = (folder: string): string => join(folder, `.${randomUUID()}.tmp`);

export const isDraft = (name: string): boolean => /^\.[0-9a-f-]{36}\.tmp$/.test(name);

/** Two writers may publish in the wrong order; whoever sees that he was not the last one publishes once more. */
const publishCopy = async (files: RemoteFiles, key: string): Promise<void> => {
  for (;;) {
    const newest = await readNewest(files, key);
    if (newest === null) return;
    await files.replace(await writeDraft(files, dirname(key), newest.bytes), key);
    if (String((await generationsOf(files, key)).at(-1) ?? 0) === newest.tag) return;
  }
};

const removeOld = async (files: RemoteFiles, key: string): Promise<void> => {
  const generations = await generationsOf(files, key);
  const highest = generations.at(-1) ?? 0;
  for (const generation of generations) if (generation <= highest - KEPT) await files.remove(named(key, generation));
};
