import { chmodSync, existsSync, readFileSync } from 'node:fs';
import { dirname, isAbsolute, join, relative, resolve, sep } from 'node:path';
import { remoteUnknown, requestInvalid } from '../../../faults.ts';
import { writeDurably } from '../../durable.ts';
import { homeOf, type Environment } from './environment.ts';
import { editIni, removeSection } from './ini-edit.ts';
import { parseIni, type Section } from './ini-text.ts';

/** A remote as `.dvc/config` and `.dvc/config.local` describe it. */
export interface RemoteSettings {
  readonly name: string;
  readonly url: string;
  /** All keys but `url`, as DVC names them: `endpointurl`, `region`, `profile`, `user`, `keyfile`, … */
  readonly settings: Section;
  /** What a relative path in `url` is relative to. */
  readonly base: string;
}

export interface Remotes {
  readonly all: readonly RemoteSettings[];
  /** Name of the remote that is meant where none is named. */
  readonly chosen: string | null;
}

/** Read from the least to the most particular: the user's own, the repository's, and what is not committed. */
export const readRemotes = (root: string, environment: Environment): Remotes => {
  const files = configPaths(root, environment).map((path) => ({ path, sections: parseIni(readText(path)) }));
  const merged = new Map<string, { readonly base: string; readonly values: Section }>();
  for (const { path, sections } of files)
    for (const [name, values] of remotesIn(sections)) {
      const before = merged.get(name);
      const base = values['url'] === undefined ? (before?.base ?? dirname(path)) : dirname(path);
      merged.set(name, { base, values: { ...before?.values, ...values } });
    }
  const all = Array.from(
    merged,
    ([
      name,
      {
        base,
        values: { url = '', ...settings },
      },
    ]) => ({ name, url, settings, base }),
  );
  const chosen = files.map(({ sections }) => sections['core']?.['remote']).findLast((name) => name !== undefined);
  return { all: all.filter(({ url }) => url !== ''), chosen: chosen ?? null };
};

const remotesIn = (sections: Readonly<Record<string, Section>>) =>
  Object.entries(sections).flatMap(([header, values]) => {
    const name = /^remote "(.+)"$/.exec(header)?.[1];
    return name === undefined ? [] : [[name, values] as const];
  });

/** @param name null for the one that is chosen, or the only one there is @throws Fault `remote-unknown` */
export const findRemote = (root: string, environment: Environment, name: string | null): RemoteSettings => {
  const { all, chosen } = readRemotes(root, environment);
  const only = all.length === 1 ? all[0]?.name : undefined;
  const wanted = name ?? chosen ?? only;
  const found = all.find((remote) => remote.name === wanted);
  if (found !== undefined) return found;
  throw remoteUnknown(
    wanted ?? null,
    all.map((remote) => remote.name),
  );
};

/** Where the repository's cache lies: `cache.dir`, which is relative to the file that says it, or `.dvc/cache`. */
export const dvcCacheFolder = (root: string, environment: Environment): string => {
  const said = configPaths(root, environment).flatMap((path) => {
    const folder = parseIni(readText(path))['cache']?.['dir'];
    return folder === undefined ? [] : [resolve(dirname(path), folder)];
  });
  return said.at(-1) ?? join(root, '.dvc', 'cache');
};

const configPaths = (root: string, environment: Environment): readonly string[] => [
  join(globalFolder(environment), 'config'),
  join(root, '.dvc', 'config'),
  join(root, '.dvc', 'config.local'),
];

/** Where DVC looks for what holds in all repositories of a user. */
const globalFolder = (environment: Environment): string => {
  const home = homeOf(environment);
  const bySystem: Partial<Record<NodeJS.Platform, string>> = {
    darwin: join(home, 'Library', 'Application Support', 'dvc'),
    win32: join(environment['LOCALAPPDATA'] ?? join(home, 'AppData', 'Local'), 'iterative', 'dvc'),
  };
  const usual = join(environment['XDG_CONFIG_HOME'] ?? join(home, '.config'), 'dvc');
  return environment['DVC_GLOBAL_CONFIG_DIR'] ?? bySystem[process.platform] ?? usual;
};

const readText = (path: string): string => (existsSync(path) ? readFileSync(path, 'utf8') : '');

export interface NewRemote {
  readonly name: string;
  /** As a person gives it: a relative path is relative to the workspace. */
  readonly url: string;
  readonly settings: Readonly<Record<string, string>>;
}

/** Never committed: they go to `config.local`, which only its owner may read. */
const secret = /^(access_key_id|secret_access_key|session_token|password|passphrase)$/;
const namePattern = /^[a-z0-9][a-z0-9._-]*$/;

/** Writes a remote, or changes one; the first becomes the chosen one. @throws Fault `request-invalid` */
export const addRemote = (root: string, { name, url, settings }: NewRemote, environment: Environment): void => {
  if (!namePattern.test(name))
    throw requestInvalid(
      `“${name}” is no name for a remote.`,
      'Use lower-case letters, digits, dots, dashes and underscores.',
    );
  const isFirst = readRemotes(root, environment).all.length === 0;
  const entries = Object.entries(settings);
  const open = Object.fromEntries(entries.filter(([key]) => !secret.test(key)));
  const hidden = Object.fromEntries(entries.filter(([key]) => secret.test(key)));
  edit(root, 'config', (text) => editIni(text, header(name), { url: storedUrl(root, url), ...open }));
  if (Object.keys(hidden).length > 0) edit(root, 'config.local', (text) => editIni(text, header(name), hidden));
  if (isFirst) chooseRemote(root, name);
};

export const chooseRemote = (root: string, name: string): void =>
  edit(root, 'config', (text) => editIni(text, 'core', { remote: name }));

/** Forgets a remote; nothing of what it holds is touched. @throws Fault `remote-unknown` */
export const removeRemote = (root: string, name: string, environment: Environment): void => {
  findRemote(root, environment, name);
  const { chosen } = readRemotes(root, environment);
  for (const file of ['config', 'config.local'] as const)
    edit(root, file, (text) => {
      const rest = removeSection(text, header(name));
      return chosen === name ? editIni(rest, 'core', { remote: null }) : rest;
    });
};

const header = (name: string): string => `'remote "${name}"'`;

export const hasScheme = (url: string): boolean => /^[a-z][a-z0-9+.-]+:\/\//i.test(url);

/** DVC reads a relative path from where the file with the setting lies. */
const storedUrl = (root: string, url: string): string =>
  hasScheme(url) || isAbsolute(url) ? url : relative(join(root, '.dvc'), resolve(root, url)).split(sep).join('/');

const ignored = '/config.local\n/tmp\n/cache\n';

const edit = (root: string, file: 'config' | 'config.local', change: (text: string) => string): void => {
  const path = join(root, '.dvc', file);
  const before = readText(path);
  const after = change(before);
  if (after === before) return;
  const gitignore = join(root, '.dvc', '.gitignore');
  if (!existsSync(gitignore)) writeDurably(gitignore, ignored, 0o644);
  writeDurably(path, after, file === 'config' ? 0o644 : 0o600);
  if (file === 'config.local' && process.platform !== 'win32') chmodSync(path, 0o600);
};
