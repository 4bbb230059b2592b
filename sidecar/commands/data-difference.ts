import { existsSync } from 'node:fs';
import { join } from 'node:path';
import type {
  CellValue,
  ComparedFile,
  ComparedRow,
  DataDifference,
  DataSide,
  LabelFlips,
  PicturesDifference,
  TableDifference,
} from '../contract/data-difference.ts';
import type { Client } from '../contract/routes.ts';
import { bytesText, figure } from '../terminal/figures.ts';
import { table } from '../terminal/table.ts';
import { answer, exit, type ExitCode, type Shell } from './shell.ts';

export interface DiffOptions {
  readonly key: readonly string[];
  readonly target?: string;
  readonly markdown: boolean;
}

/**
 * What differs between two states of data.
 * @param states `main..feature`, `v1..v2`, `HEAD..staged`; one alone is compared with the disk; the path of data, which
 * is then compared with what HEAD has of it
 * @param name of one data set; all that may differ where it is left out
 */
export const diffData = (
  shell: Shell,
  states: string,
  name: string | undefined,
  options: DiffOptions,
): Promise<ExitCode> =>
  shell.withSidecar(async ({ client }) => {
    const isData = name === undefined && liesThere(shell.workspace, states);
    const wanted = isData ? states : name;
    const sides = parseStates(isData ? 'HEAD..disk' : states);
    const names = wanted === undefined ? await client.listChangedData(sides) : [wanted];
    const differences: DataDifference[] = [];
    for (const data of names) differences.push(await compare(shell, client, { ...sides, ...options, data }));
    shell.screen.clearStatus();
    if (options.markdown && !shell.json) {
      for (const { id } of differences) {
        shell.screen.out((await client.describeDataDifference({ difference: id })).markdown);
      }
    } else {
      answer(shell, wanted === undefined ? differences : differences[0], () => describeAll(differences, shell));
    }
    return exit.done;
  });

/** Whether the one word that was given is data and no state of it. */
const liesThere = (workspace: string, word: string): boolean =>
  !word.includes('..') && ['', '.dvc'].some((ending) => existsSync(join(workspace, `${word}${ending}`)));

const parseStates = (states: string): { readonly from: DataSide; readonly to: DataSide } => {
  const [from = '', to = 'disk'] = states.split(/\.{2,3}/);
  return { from: parseSide(from), to: parseSide(to) };
};

const parseSide = (text: string): DataSide => {
  if (text === 'disk') return { kind: 'disk' };
  if (text === 'staged') return { kind: 'index' };
  const version = /^v(\d+)$/.exec(text)?.[1];
  if (version !== undefined) return { kind: 'version', version: Number(version) };
  return { kind: 'commit', revision: text === '' ? 'HEAD' : text };
};

const compare = (
  { screen, interrupted }: Shell,
  client: Client,
  { data, from, to, key, target }: DiffOptions & { readonly data: string; from: DataSide; to: DataSide },
): Promise<DataDifference> =>
  client.compareData(
    { data, from, to, key: [...key], ...(target === undefined ? {} : { target }) },
    { signal: interrupted, onProgress: ({ note }) => screen.status(`${data}: ${note}`) },
  );

const describeAll = (differences: readonly DataDifference[], shell: Shell): string =>
  differences.length === 0
    ? 'No data differs.'
    : differences.map((difference) => describeDifference(difference, shell)).join('\n\n');

const describeDifference = (difference: DataDifference, shell: Shell): string => {
  const { data, from, to, summary } = difference;
  const parts = [
    `${shell.screen.bold(`${data}  ${from.label} → ${to.label}`)}\n${summary}`,
    ...(difference.equal ? [] : [describeFiles(difference, shell)]),
    ...difference.tables.flatMap(describeTable),
    ...(difference.pictures === null ? [] : describePictures(difference.pictures)),
    ...difference.notes.map((note) => shell.screen.yellow(note)),
  ];
  return parts.filter((part) => part !== '').join('\n\n');
};

const MOST_LINES = 20;
const signs = { added: '+', removed: '−', changed: '~', renamed: '→' } as const;

const describeFiles = ({ files, from, to }: DataDifference, { screen }: Shell): string => {
  const total = files.added + files.removed + files.changed + files.renamed;
  const colours = { added: screen.green, removed: screen.red, changed: screen.yellow, renamed: screen.dim };
  const lines = files.examples.slice(0, MOST_LINES).map((file) => colours[file.change](fileLine(file)));
  const head = `files ${whole(from.files)} → ${whole(to.files)}, ${bytesText(from.bytes)} → ${bytesText(to.bytes)}`;
  return [head, ...lines, ...rest(total, lines.length), ...folderTable(files.folders)].join('\n');
};

const fileLine = ({ change, path, before, fromBytes, toBytes }: ComparedFile): string => {
  const sizes = [fromBytes, toBytes].filter((bytes) => bytes !== null).map(bytesText);
  const name = before === null ? path : `${before} → ${path}`;
  return `${signs[change]} ${name}  ${change === 'renamed' ? (sizes[1] ?? '') : sizes.join(' → ')}`;
};

const folderTable = (folders: DataDifference['files']['folders']): string[] =>
  folders.length < 2
    ? []
    : [
        '',
        table(
          ['folder', 'before', 'after', 'added', 'removed', 'changed', 'moved in', 'moved out'],
          folders
            .slice(0, MOST_LINES)
            .map((one) => [
              one.folder === '' ? './' : one.folder,
              ...[one.from, one.to, one.added, one.removed, one.changed, one.movedIn, one.movedOut].map(whole),
            ]),
        ),
        ...rest(folders.length, Math.min(folders.length, MOST_LINES)),
      ];

const describeTable = (one: TableDifference): string[] => [
  `rows of ${one.file}\n${table(
    ['before', 'after', 'added', 'removed', 'changed', 'unchanged'],
    [[one.rows.from, one.rows.to, one.rows.added, one.rows.removed, one.rows.changed, one.rows.unchanged].map(whole)],
  )}`,
  [keyText(one), schemaText(one)].filter((part) => part !== '').join('\n'),
  describeLabels(one.labels),
  shiftTable(one),
  rowLines('changed', one.rows.changed, one.changed),
  rowLines('added', one.rows.added, one.added),
  rowLines('removed', one.rows.removed, one.removed),
];

const keyText = ({ key }: TableDifference): string => {
  if (key.how === 'content') return 'no column names a row: equal rows are the same, the rest by row number';
  const repeated = key.repeated.from + key.repeated.to;
  const more = repeated === 0 ? '' : `; ${whole(repeated)} rows repeat a key`;
  return `rows known by ${key.columns.join(' and ')}${key.how === 'found' ? ' (found)' : ''}${more}`;
};

const schemaText = ({ schema }: TableDifference): string => {
  const parts = [
    ...schema.added.map(({ column, type }) => `+ ${column} (${type})`),
    ...schema.removed.map(({ column, type }) => `− ${column} (${type})`),
    ...schema.retyped.map(({ column, from, to }) => `~ ${column} (${from} → ${to})`),
    ...(schema.reordered ? ['another order'] : []),
  ];
  return parts.length === 0 ? '' : `columns ${parts.join(', ')}`;
};

const describeLabels = (labels: LabelFlips | null): string => {
  if (labels === null || labels.flipped === 0) return '';
  const head = `labels ${whole(labels.flipped)} of ${whole(labels.compared)} flipped${labels.column === null ? '' : ` (${labels.column})`}`;
  if (labels.pairs.length === 0) return head;
  const shown = labels.pairs.slice(0, MOST_LINES);
  const rows = shown.map(({ from, to, count, examples }) => [from, to, whole(count), examples.slice(0, 3).join(', ')]);
  return [head, table(['from', 'to', 'count', 'examples'], rows), ...rest(labels.pairsTotal, shown.length)].join('\n');
};

const verdicts = { drifting: 'shifted', cannot_tell: 'cannot tell', stable: 'as before' } as const;

const shiftTable = ({ shifts }: TableDifference): string => {
  if (shifts.length === 0) return '';
  const rows = shifts
    .slice(0, MOST_LINES)
    .map(({ column, verdict, psi, numbers, sampled, missing, appeared, vanished }) => [
      column,
      verdicts[verdict],
      figure(psi),
      numbers === null ? '–' : `${figure(numbers.from.mean)} → ${figure(numbers.to.mean)}`,
      `${whole(missing.from)} → ${whole(missing.to)}`,
      `${whole(sampled.from)} | ${whole(sampled.to)}`,
      [...appeared.slice(0, 2).map((name) => `+${name}`), ...vanished.slice(0, 2).map((name) => `−${name}`)].join(' '),
    ]);
  return table(['column', 'spread', 'PSI', 'mean', 'missing', 'rows looked at', 'categories'], rows);
};

const rowLines = (what: string, count: number, rows: readonly ComparedRow[]): string => {
  if (count === 0) return '';
  const shown = rows.slice(0, MOST_LINES);
  const lines = shown.map(({ key, fromRow, toRow, cells }) => {
    const name = key.length === 0 ? `row ${fromRow ?? toRow ?? ''}` : key.map(text).join(', ');
    return `  ${name}: ${cells.map(cellText).join(', ')}`;
  });
  return [`${what} rows`, ...lines, ...rest(count, shown.length)].join('\n');
};

const cellText = ({ column, from, to }: ComparedRow['cells'][number]): string =>
  `${column} ${[from, to]
    .filter((value) => value !== undefined)
    .map(text)
    .join(' → ')}`;

/** On one line of a terminal, and without what a terminal would obey. */
const text = (value: CellValue): string => {
  const line = value === null ? '–' : String(value).replace(/[\u0000-\u001f\u007f-\u009f]+/g, ' ');
  return line.length > 60 ? `${line.slice(0, 59)}…` : line;
};

const describePictures = (pictures: PicturesDifference): string[] => [
  `pictures ${whole(pictures.from)} → ${whole(pictures.to)}, ${whole(pictures.changed)} changed`,
  describeLabels(pictures.labels),
  pictures.changedExamples.length === 0
    ? ''
    : [
        table(
          ['changed', 'before', 'after', 'bits of 64'],
          pictures.changedExamples
            .slice(0, MOST_LINES)
            .map(({ path, from, to, distance }) => [path, sizeText(from), sizeText(to), distance?.toString() ?? '–']),
        ),
        ...rest(pictures.changed, Math.min(MOST_LINES, pictures.changedExamples.length)),
      ].join('\n'),
  pictures.similar === 0
    ? ''
    : [
        `${whole(pictures.similar)} new pictures look like another one (${whole(pictures.equal)} with equal bytes)`,
        table(
          ['new', 'like', 'which is', 'bits of 64'],
          pictures.similarExamples
            .slice(0, MOST_LINES)
            .map(({ path, like, among, distance }) => [path, like, among === 'from' ? 'old' : 'new', String(distance)]),
        ),
        ...rest(pictures.similar, Math.min(MOST_LINES, pictures.similarExamples.length)),
      ].join('\n'),
  ...pictures.unreadableExamples.slice(0, MOST_LINES).map(({ path, why }) => `unreadable ${path}: ${why}`),
];

const sizeText = (facts: PicturesDifference['changedExamples'][number]['from']): string =>
  facts === null ? '–' : `${facts.width}×${facts.height} ${facts.channels === 1 ? 'grey' : 'colour'}`;

const rest = (total: number, shown: number): string[] => (total > shown ? [`… and ${whole(total - shown)} more`] : []);

const whole = (count: number): string => count.toLocaleString('en');
