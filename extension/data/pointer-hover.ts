import type { DataUse } from '../../sidecar/contract/data-upkeep.ts';
import type { DatasetVersion } from '../../sidecar/contract/dataset.ts';
import type { CommandId } from '../ids.ts';
import { countOf } from '../format.ts';
import { sayVersion } from './lenses.ts';
import { explainState, type DataState } from './state.ts';

/** A value of a `.dvc` file that names bytes. */
export interface NamedBytes {
  /** Hash of our version; null where only DVC's MD5 is known. */
  readonly version: string | null;
  /** Where the value stands in its line. */
  readonly start: number;
  readonly end: number;
}

/** `md5: 3f…`, in the first place of an output or later, and our own note of a version. */
const hashLine = /^(?<before>[\s-]*(?<key>md5|tree|for): *['"]?)(?<value>(?:b3:)?[0-9a-f]{32,64}(?:\.dir)?)/;

/**
 * What a line of a `.dvc` file names: `tree` says the version itself, an MD5 the one that our note beside it is for.
 * @returns null for a line that names nothing
 */
export const bytesNamedAt = (text: string, line: number): NamedBytes | null => {
  const lines = text.split(/\r?\n/);
  const found = hashLine.exec(lines[line] ?? '')?.groups;
  if (found === undefined) return null;
  const { before = '', key, value = '' } = found;
  const place = { start: before.length, end: before.length + value.length };
  return { version: key === 'tree' ? value.replace(/^b3:/, '') : (versionFor(lines, value) ?? null), ...place };
};

/** Our note says first which MD5 it is for, and then the version. */
const versionFor = (lines: readonly string[], md5: string): string | undefined => {
  let noted = '';
  for (const line of lines) {
    const { key, value = '' } = hashLine.exec(line)?.groups ?? {};
    if (key === 'for') noted = value;
    if (key === 'tree' && noted === md5) return value.replace(/^b3:/, '');
  }
  return undefined;
};

/** The versions that the notes of a `.dvc` file name. */
export const versionsIn = (text: string): readonly string[] =>
  text.split(/\r?\n/).flatMap((line) => {
    const { key, value = '' } = hashLine.exec(line)?.groups ?? {};
    return key === 'tree' ? [value.replace(/^b3:/, '')] : [];
  });

export interface HoverNeeds {
  readonly version: DatasetVersion;
  readonly datasets: readonly DatasetVersion[];
  readonly state: DataState | undefined;
  /** Null while that is not known. */
  readonly use: DataUse | null;
  readonly now: number;
}

/** More models than these are counted. */
const MOST_MODELS = 3;

/** Commands that its links may run. */
export const hoverCommands: readonly CommandId[] = ['trainyard.restoreData', 'trainyard.diffData', 'trainyard.openRun'];

/** A version in words, with what can be done with it; Markdown. */
export const explainVersion = (needs: HoverNeeds): string => {
  const { version, state, use, now } = needs;
  const { name } = version;
  return [
    `**${plain(name)}@v${version.version}** ${plain(sayVersion(version, now))}`,
    ...sayCode(version),
    ...(use === null ? [] : [sayUse(use)]),
    ...(state?.version === version.version ? [plain(explainState(name, state))] : []),
    linksOf(needs).join(' · '),
  ]
    .filter((part) => part !== '')
    .join('\n\n');
};

const linksOf = ({ version, datasets, state }: HoverNeeds): readonly string[] => {
  const { path, version: number } = version;
  const before = datasets
    .filter((one) => one.path === path && one.version < number)
    .toSorted((left, right) => right.version - left.version)[0];
  const compare = (words: string, from: number, to: number | 'disk') =>
    link(words, 'trainyard.diffData', { data: path, from, to });
  const liesThere = state?.kind === 'equal' && state.version === number;
  return [
    ...(liesThere
      ? []
      : [link('Restore', 'trainyard.restoreData', version), compare('Compare with disk', number, 'disk')]),
    ...(before === undefined ? [] : [compare(`Compare with v${before.version}`, before.version, number)]),
  ];
};

const sayCode = ({ code: { commit, branch, dirty } }: DatasetVersion): readonly string[] => {
  if (commit === null) return [];
  const where = branch === null ? '' : ` on ${plain(branch)}`;
  return [`Versioned at commit \`${commit.slice(0, 8)}\`${dirty ? ' with changes' : ''}${where}.`];
};

const sayUse = ({ runs, models }: DataUse): string => {
  const [last] = runs;
  if (last === undefined) return 'No run has used it yet.';
  const made = models.map(({ name, version }) => `${plain(name)} v${version}`);
  const named = made.slice(0, MOST_MODELS).join(', ');
  const more = made.length > MOST_MODELS ? ` and ${made.length - MOST_MODELS} more` : '';
  const given = made.length === 0 ? '' : `, for ${named}${more}`;
  return `Used by ${countOf(runs.length, 'run')}${given}. The last was ${link(last, 'trainyard.openRun', last)}.`;
};

const link = (words: string, command: CommandId, argument: unknown): string =>
  `[${words}](command:${command}?${encodeURIComponent(JSON.stringify([argument]))})`;

/** Names that other people have given are no Markdown: a link of theirs could run a command. */
const plain = (text: string): string => text.replaceAll(/[\\`*_{}[\]()#+\-.!<>|~]/g, String.raw`\$&`);
