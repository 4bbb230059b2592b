import type {
  CellValue,
  ComparedFile,
  ComparedRow,
  DataDifference,
  FolderDifference,
  LabelFlips,
  PicturesDifference,
  TableDifference,
} from '../../contract/data-difference.ts';

/** Rows of each table of the report; counts are of all. */
const MOST_ROWS = 20;

/** A difference as Markdown for a pull request: what GitHub, GitLab and VS Code show alike. */
export const toMarkdown = (difference: DataDifference): string =>
  [
    `## Data: ${inline(difference.data)} ${inline(difference.from.label)} → ${inline(difference.to.label)}`,
    difference.summary,
    ...(difference.equal ? [] : filesPart(difference)),
    ...difference.tables.flatMap(tablePart),
    ...(difference.pictures === null ? [] : picturesPart(difference.pictures)),
    ...difference.notes.map((note) => `> ${inline(note)}`),
  ]
    .filter((part) => part !== '')
    .join('\n\n')
    .concat('\n');

const filesPart = ({ files, from, to }: DataDifference): string[] => [
  '### Files',
  grid(
    ['', inline(from.label), inline(to.label)],
    [
      ['files', whole(from.files), whole(to.files)],
      ['bytes', whole(from.bytes), whole(to.bytes)],
    ],
  ),
  `${whole(files.added)} added, ${whole(files.removed)} removed, ${whole(files.changed)} changed, ${whole(files.renamed)} renamed, ${whole(files.unchanged)} unchanged.`,
  folderGrid(files.folders),
  folded(
    some(files.added + files.removed + files.changed + files.renamed, 'file'),
    files.examples.slice(0, MOST_ROWS).map(fileLine),
    files.examples.length,
  ),
];

/** One folder says no more than the sum. */
const folderGrid = (folders: readonly FolderDifference[]): string =>
  folders.length < 2
    ? ''
    : grid(
        ['folder', 'before', 'after', 'added', 'removed', 'changed', 'moved in', 'moved out'],
        folders
          .slice(0, MOST_ROWS)
          .map((one) => [
            inline(one.folder === '' ? './' : one.folder),
            ...[one.from, one.to, one.added, one.removed, one.changed, one.movedIn, one.movedOut].map(whole),
          ]),
      );

const signs = { added: '+', removed: '−', changed: '~', renamed: '→' } as const;

const fileLine = ({ change, path, before }: ComparedFile): string =>
  `- ${signs[change]} ${before === null ? '' : `${code(before)} → `}${code(path)}`;

const tablePart = (table: TableDifference): string[] => [
  `### Rows of ${code(table.file)}`,
  grid(
    ['before', 'after', 'added', 'removed', 'changed', 'unchanged'],
    [
      [
        table.rows.from,
        table.rows.to,
        table.rows.added,
        table.rows.removed,
        table.rows.changed,
        table.rows.unchanged,
      ].map(whole),
    ],
  ),
  keySentence(table),
  schemaPart(table),
  table.cells.length === 0
    ? ''
    : `Changed cells: ${table.cells
        .slice(0, MOST_ROWS)
        .map(({ column, changed }) => `${code(column)} ${whole(changed)}`)
        .join(', ')}.`,
  labelsPart(table.labels),
  shiftsPart(table),
  rowsPart('changed', table.rows.changed, table.changed, table),
  rowsPart('added', table.rows.added, table.added, table),
  rowsPart('removed', table.rows.removed, table.removed, table),
];

/** How rows were known again. */
const keySentence = ({ key }: Pick<TableDifference, 'key'>): string => {
  if (key.how === 'content')
    return 'No column names a row: equal rows are the same, and of the rest those with one row number.';
  const names = key.columns.map(code).join(' and ');
  const repeated = key.repeated.from + key.repeated.to;
  const more = repeated === 0 ? '' : ` ${whole(repeated)} rows repeat a key and are matched in their order.`;
  return `Rows are known by ${names}.${more}`;
};

const schemaPart = ({ schema }: TableDifference): string => {
  const parts = [
    ...schema.added.map(({ column, type }) => `+ ${code(column)} (${type})`),
    ...schema.removed.map(({ column, type }) => `− ${code(column)} (${type})`),
    ...schema.retyped.map(({ column, from, to }) => `~ ${code(column)}: ${from} → ${to}`),
    ...(schema.reordered ? ['columns stand in another order'] : []),
  ];
  return parts.length === 0 ? '' : `Schema: ${parts.join(', ')}.`;
};

const labelsPart = (labels: LabelFlips | null): string => {
  if (labels === null || labels.flipped === 0) return '';
  const what = labels.column === null ? 'pictures moved to another class' : `labels flipped (${code(labels.column)})`;
  const head = `**${whole(labels.flipped)} of ${whole(labels.compared)} ${what}.**`;
  if (labels.pairs.length === 0) return head;
  const rows = labels.pairs
    .slice(0, MOST_ROWS)
    .map(({ from, to, count, examples }) => [inline(from), inline(to), whole(count), examples.map(code).join(', ')]);
  return `${head}\n\n${grid(['from', 'to', 'count', 'examples'], rows)}${more(labels.pairsTotal, rows.length)}`;
};

const shiftsPart = ({ shifts }: TableDifference): string => {
  const told = shifts.filter(({ verdict }) => verdict !== 'stable');
  if (told.length === 0) return shifts.length === 0 ? '' : `All ${shifts.length} columns are spread as before.`;
  return told
    .slice(0, MOST_ROWS)
    .map(({ sentence }) => `- ${inline(sentence)}`)
    .join('\n');
};

const rowsPart = (what: string, count: number, rows: readonly ComparedRow[], { key }: TableDifference): string => {
  if (count === 0) return '';
  const shown = rows.slice(0, MOST_ROWS).map((row) => {
    const name = key.columns.length === 0 ? `row ${row.fromRow ?? row.toRow ?? ''}` : row.key.map(text).join(', ');
    return `- ${code(name)}: ${row.cells.map(cellChange).join(', ')}`;
  });
  return folded(some(count, `${what} row`), shown, count);
};

const cellChange = ({ column, from, to }: ComparedRow['cells'][number]): string => {
  const values = [from, to].filter((value) => value !== undefined).map((value) => code(text(value)));
  return `${inline(column)} ${values.join(' → ')}`;
};

const picturesPart = (pictures: PicturesDifference): string[] => [
  '### Pictures',
  `${whole(pictures.from)} → ${whole(pictures.to)}, ${whole(pictures.changed)} with other contents.`,
  labelsPart(pictures.labels),
  pictures.changedExamples.length === 0
    ? ''
    : grid(
        ['changed', 'before', 'after', 'look differs'],
        pictures.changedExamples
          .slice(0, MOST_ROWS)
          .map(({ path, from, to, distance }) => [code(path), sizeText(from), sizeText(to), distanceText(distance)]),
      ) + more(pictures.changed, Math.min(MOST_ROWS, pictures.changedExamples.length)),
  pictures.similar === 0
    ? ''
    : `${whole(pictures.similar)} new pictures look like another one, ${whole(pictures.equal)} of them with equal bytes.\n\n${grid(
        ['new', 'like', 'which is', 'look differs'],
        pictures.similarExamples
          .slice(0, MOST_ROWS)
          .map(({ path, like, among, distance, equal }) => [
            code(path),
            code(like),
            among === 'from' ? 'old' : 'new as well',
            equal ? 'equal bytes' : distanceText(distance),
          ]),
      )}${more(pictures.similar, Math.min(MOST_ROWS, pictures.similarExamples.length))}`,
  pictures.unreadable === 0
    ? ''
    : `${whole(pictures.unreadable)} pictures cannot be read: ${pictures.unreadableExamples
        .slice(0, 5)
        .map(({ path, why }) => `${code(path)} (${inline(why)})`)
        .join(', ')}.`,
];

const sizeText = (facts: PicturesDifference['changedExamples'][number]['from']): string =>
  facts === null
    ? 'unreadable'
    : `${facts.width} × ${facts.height}, ${facts.channels === 1 ? 'grey' : 'colour'}, ${whole(facts.bytes)} B`;

/** The distance of two looks, in words a person can weigh. */
const distanceText = (distance: number | null): string => (distance === null ? '–' : `${distance} of 64`);

const grid = (headings: readonly string[], rows: readonly (readonly string[])[]): string =>
  [headings, headings.map(() => '---'), ...rows].map((cells) => `| ${cells.join(' | ')} |`).join('\n');

const more = (total: number, shown: number): string => (total > shown ? `\n\n… and ${whole(total - shown)} more.` : '');

const folded = (title: string, lines: readonly string[], total: number): string =>
  lines.length === 0
    ? ''
    : `<details><summary>${title}</summary>\n\n${lines.join('\n')}${more(total, lines.length)}\n\n</details>`;

const some = (count: number, what: string): string => `${whole(count)} ${what}${count === 1 ? '' : 's'}`;
const whole = (count: number): string => count.toLocaleString('en');
const text = (value: CellValue): string => (value === null ? '–' : String(value));

/** Nothing of the data becomes markup. */
const inline = (value: string): string =>
  value.replace(/[\r\n]+/g, ' ').replace(/[\\`*_{}[\]<>#|~!&]/g, (sign) => `&#${sign.charCodeAt(0)};`);

/** Verbatim, also where the value holds backticks or bars. */
const code = (value: string): string => {
  const line = value.replace(/[\r\n]+/g, ' ').replaceAll('|', '\\|');
  const ticks = Math.max(0, ...[...line.matchAll(/`+/g)].map(([run]) => run.length));
  const fence = '`'.repeat(ticks + 1);
  return line === '' ? '` `' : ticks > 0 ? `${fence} ${line} ${fence}` : `${fence}${line}${fence}`;
};
