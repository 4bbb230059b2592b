import type { DataDifference, LabelFlips, TableDifference } from '../../contract/data-difference.ts';

type Described = Pick<DataDifference, 'equal' | 'files' | 'tables' | 'pictures'>;

/** The difference in one sentence: the largest things first, nothing that is 0. */
export const summarize = ({ equal, files, tables, pictures }: Described): string => {
  if (equal) return 'Nothing differs.';
  const parts = [
    counts('file', [
      [files.added, 'added'],
      [files.removed, 'removed'],
      [files.changed, 'changed'],
      [files.renamed, 'renamed'],
    ]),
    rowsText(tables),
    schemaText(tables),
    flipsText([...tables.map(({ labels }) => labels), pictures?.labels ?? null]),
    shiftsText(tables),
    pictures === null || pictures.similar === 0
      ? null
      : `${some(pictures.similar, 'new picture')} ${pictures.similar === 1 ? 'looks' : 'look'} like another one`,
  ];
  return `${parts.filter((part) => part !== null).join('; ')}.`;
};

const counts = (what: string, found: readonly (readonly [number, string])[]): string | null => {
  const there = found.filter(([count]) => count > 0);
  const [first, ...others] = there;
  if (first === undefined) return null;
  const rest = others.map(([count, how]) => `${count.toLocaleString('en')} ${how}`);
  return [`${some(first[0], what)} ${first[1]}`, ...rest].join(', ');
};

const some = (count: number, what: string): string => `${count.toLocaleString('en')} ${what}${count === 1 ? '' : 's'}`;

const rowsText = (tables: readonly TableDifference[]): string | null => {
  const sum = (of: 'added' | 'removed' | 'changed') => tables.reduce((total, { rows }) => total + rows[of], 0);
  return counts('row', [
    [sum('added'), 'added'],
    [sum('removed'), 'removed'],
    [sum('changed'), 'changed'],
  ]);
};

const schemaText = (tables: readonly TableDifference[]): string | null => {
  const sum = (of: 'added' | 'removed' | 'retyped') =>
    tables.reduce((total, { schema }) => total + schema[of].length, 0);
  return counts('column', [
    [sum('added'), 'added'],
    [sum('removed'), 'removed'],
    [sum('retyped'), 'of another type'],
  ]);
};

const flipsText = (labels: readonly (LabelFlips | null)[]): string | null => {
  const flipped = labels.reduce((total, one) => total + (one?.flipped ?? 0), 0);
  return flipped === 0 ? null : `${some(flipped, 'label')} flipped`;
};

const shiftsText = (tables: readonly TableDifference[]): string | null => {
  const names = tables.flatMap(({ shifts }) =>
    shifts.filter(({ verdict }) => verdict === 'drifting').map(({ column }) => column),
  );
  if (names.length === 0) return null;
  const told = names.length > 3 ? [...names.slice(0, 3), `${names.length - 3} more`] : names;
  const last = told.at(-1) ?? '';
  return `the spread of ${told.length === 1 ? last : `${told.slice(0, -1).join(', ')} and ${last}`} has shifted`;
};
