import { DatasetVersion } from '../contract/dataset.ts';
import { versionMissing } from '../faults.ts';
import type { DatasetCatalog, DatasetDraft } from '../versions/catalog.ts';
import type { Database } from './database.ts';

export const createDatasetStore = (database: Database): DatasetCatalog => {
  const all = database
    .prepare<[], string>('select body from datasets where forgotten_at is null order by name, version desc')
    .pluck();
  const ever = database.prepare<[], string>('select body from datasets order by name, version desc').pluck();
  const bodies = database
    .prepare<[string], string>(
      'select body from datasets where name = ? and forgotten_at is null order by version desc',
    )
    .pluck();
  const newest = database
    .prepare<[string], number>('select coalesce(max(version), 0) from datasets where name = ?')
    .pluck();
  const same = database
    .prepare<[string, string], string>('select body from datasets where name = ? and hash = ?')
    .pluck();
  const remember = database.prepare('update datasets set forgotten_at = null where name = ? and hash = ?');
  const forget = database.prepare('update datasets set forgotten_at = ? where name = ? and version = ?');
  const hashed = database
    .prepare<[string], string>('select body from datasets where hash = ? and forgotten_at is null limit 1')
    .pluck();
  const insert = database.prepare('insert into datasets (name, version, hash, body) values (?, ?, ?, ?)');

  const list = () => all.all().map(parse);
  const versionsOf = (name: string) => bodies.all(name).map(parse);

  /** The last part of the path, or as many as tell it from the data sets of other folders. */
  const nameOf = (path: string): string => {
    const known = ever.all().map(parse);
    const own = known.find((dataset) => dataset.path === path);
    if (own !== undefined) return own.name;
    const parts = path.split('/');
    const names = parts.map((_part, at) => parts.slice(-at - 1).join('/'));
    return names.find((name) => !known.some((dataset) => dataset.name === name)) ?? `./${path}`;
  };
  const add = (draft: DatasetDraft) => {
    const name = nameOf(draft.path);
    const existing = same.get(name, draft.hash);
    if (existing !== undefined) {
      remember.run(name, draft.hash);
      return { dataset: parse(existing), created: false };
    }
    const version = (newest.get(name) ?? 0) + 1;
    const dataset: DatasetVersion = { ...draft, name, version };
    insert.run(name, version, dataset.hash, JSON.stringify(dataset));
    return { dataset, created: true };
  };

  const find: DatasetCatalog['find'] = (name, version) => {
    const known = versionsOf(name);
    const found = known.find((candidate) => candidate.version === version);
    if (found !== undefined) return found;
    throw versionMissing(
      name,
      `v${version}`,
      known.map((candidate) => `v${candidate.version}`),
    );
  };

  return {
    find,
    forget: (name, version, at) => {
      const found = find(name, version);
      forget.run(at, name, version);
      return found;
    },
    add: (draft) => database.transaction(() => add(draft)).immediate(),
    list,
    findByHash: (hash) => {
      const body = hashed.get(hash);
      return body === undefined ? null : parse(body);
    },
  };
};

const parse = (body: string): DatasetVersion => DatasetVersion.parse(JSON.parse(body));
