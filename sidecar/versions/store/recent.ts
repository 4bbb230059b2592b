import { existsSync, readdirSync, rmSync, statSync, utimesSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Hash } from '../../contract/ids.ts';
import { makeFolder } from '../durable.ts';

/**
 * Versions that were saved a short while ago: an empty file each. Between the saving of a version and the moment when
 * a pointer or the catalog names it, this is what tells a collection that it lives.
 */
export interface Recent {
  readonly note: (version: Hash) => void;
  /** Versions with the time they were noted last, in milliseconds since 1970. */
  readonly list: () => ReadonlyMap<Hash, number>;
  /** Forgets what was noted before `until`. */
  readonly forget: (until: number) => void;
}

const versionName = /^[0-9a-f]{64}$/;

/** @param folder `.trainyard/data` */
export const openRecent = (folder: string): Recent => {
  const recent = join(folder, 'recent');
  const list = (): ReadonlyMap<Hash, number> =>
    new Map(
      (existsSync(recent) ? readdirSync(recent) : [])
        .filter((name) => versionName.test(name))
        .map((name) => [name as Hash, statSync(join(recent, name), { throwIfNoEntry: false })?.mtimeMs ?? 0]),
    );
  return {
    list,
    note: (version) => {
      makeFolder(recent);
      const path = join(recent, version);
      writeFileSync(path, '', { mode: 0o600 });
      const now = new Date();
      utimesSync(path, now, now);
    },
    forget: (until) => {
      for (const [version, at] of list()) if (at < until) rmSync(join(recent, version), { force: true });
    },
  };
};
