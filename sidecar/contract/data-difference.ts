import { z } from 'zod';
import { DatasetKind } from './dataset.ts';
import { DriftVerdict } from './watch.ts';
import { Hash, Instant } from './ids.ts';

const count = z.number().int().nonnegative();

/** One of the two states of a data set that are compared. */
export const DataSide = z.discriminatedUnion('kind', [
  z.object({ kind: z.literal('version'), version: z.number().int().positive() }),
  z.object({ kind: z.literal('disk') }).describe('The data as it lies in the workspace.'),
  z
    .object({ kind: z.literal('commit'), revision: z.string().min(1) })
    .describe('What the `.dvc` file names at a commit: anything that Git understands, such as `main` or `HEAD~1`.'),
  z.object({ kind: z.literal('index') }).describe('What the `.dvc` file names in the index of Git: what is staged.'),
]);
export type DataSide = z.infer<typeof DataSide>;

/** What is to be compared, and how rows are told apart. */
export const DataComparison = z.object({
  data: z.string().min(1).describe('Name of the data set, or its path or that of its `.dvc` file in the workspace.'),
  from: DataSide,
  to: DataSide,
  key: z
    .array(z.string())
    .default([])
    .describe('Columns that name a row of a table. Without any they are looked for: a unique column such as `id`.'),
  target: z
    .string()
    .optional()
    .describe('Column whose changes are label flips. Default: `data.target`, else a column such as `label`.'),
});
export type DataComparison = z.infer<typeof DataComparison>;

/** A side as it turned out to be. */
export const ComparedSide = z.object({
  label: z.string().describe('`v3`, `disk`, `main (v3)` or `staged (v4)`.'),
  side: DataSide,
  version: z.number().int().positive().nullable().describe('Null for the disk, and for a state without a version.'),
  kind: DatasetKind.nullable().describe('Null where there is no data on this side.'),
  createdAt: Instant.nullable(),
  author: z.string().nullable(),
  files: count,
  bytes: count,
});
export type ComparedSide = z.infer<typeof ComparedSide>;

export const FileChangeKind = z.enum(['added', 'removed', 'changed', 'renamed']);
export type FileChangeKind = z.infer<typeof FileChangeKind>;

export const ComparedFile = z.object({
  change: FileChangeKind,
  path: z.string().describe('Relative to the data set; of a file that was removed, where it was.'),
  before: z.string().nullable().describe('Of a renamed file, its old path.'),
  fromBytes: count.nullable(),
  toBytes: count.nullable(),
});
export type ComparedFile = z.infer<typeof ComparedFile>;

/** Counts of one folder; of an image folder, of one class. */
export const FolderDifference = z.object({
  folder: z.string().describe('Relative to the data set; empty for files that lie in no folder.'),
  from: count.describe('Files before.'),
  to: count.describe('Files after.'),
  added: count,
  removed: count,
  changed: count,
  movedIn: count.describe('Renamed files that came from another folder.'),
  movedOut: count.describe('Renamed files that went to another folder.'),
});
export type FolderDifference = z.infer<typeof FolderDifference>;

export const FilesDifference = z.object({
  added: count,
  removed: count,
  changed: count,
  renamed: count,
  unchanged: count,
  addedBytes: count.describe('Bytes of files that are new or have new contents.'),
  removedBytes: count.describe('Bytes of files that are gone, and of the old contents of changed ones.'),
  folders: z.array(FolderDifference).describe('Those with a change, by name; at most 1,000.'),
  foldersChanged: count.describe('All folders with a change.'),
  examples: z.array(ComparedFile).describe('At most 1,000 in path order; `listComparedFiles` gives all.'),
});
export type FilesDifference = z.infer<typeof FilesDifference>;

/** A value of a table; texts longer than 200 characters are cut, which an ellipsis at their end says. */
export const CellValue = z.union([z.string(), z.number(), z.boolean(), z.null()]);
export type CellValue = z.infer<typeof CellValue>;

export const ColumnType = z.enum(['integer', 'number', 'boolean', 'date', 'text', 'empty']);
export type ColumnType = z.infer<typeof ColumnType>;

export const SchemaDifference = z.object({
  added: z.array(z.object({ column: z.string(), type: ColumnType })),
  removed: z.array(z.object({ column: z.string(), type: ColumnType })),
  retyped: z.array(z.object({ column: z.string(), from: ColumnType, to: ColumnType })),
  reordered: z.boolean().describe('Whether columns that both have stand in another order.'),
});
export type SchemaDifference = z.infer<typeof SchemaDifference>;

/** How a row is known again. */
export const RowKey = z.object({
  how: z
    .enum(['asked', 'found', 'content'])
    .describe(
      '`asked` and `found`: by key columns. `content`: no column is unique, so that equal rows are the same row, and of the rest those with one row number.',
    ),
  columns: z.array(z.string()),
  repeated: z
    .object({ from: count, to: count })
    .describe(
      'Of the keys of rows that differ, rows whose key an earlier row has already; they are matched in the order of the file.',
    ),
});
export type RowKey = z.infer<typeof RowKey>;

export const ComparedRow = z.object({
  key: z.array(CellValue).describe('Values of the key columns; empty where rows have no key.'),
  fromRow: z.number().int().positive().nullable().describe('Row number, from 1; null for an added row.'),
  toRow: z.number().int().positive().nullable().describe('Null for a removed row.'),
  cells: z
    .array(z.object({ column: z.string(), from: CellValue.optional(), to: CellValue.optional() }))
    .describe('Of a changed row the cells that differ, else all. A side that lacks the row or column is left out.'),
});
export type ComparedRow = z.infer<typeof ComparedRow>;

export const LabelPair = z.object({
  from: z.string(),
  to: z.string(),
  count,
  examples: z.array(z.string()).describe('Keys, row numbers or paths of some of them, at most 5.'),
});
export type LabelPair = z.infer<typeof LabelPair>;

/** Rows or pictures that both sides have, under another label. */
export const LabelFlips = z.object({
  column: z.string().nullable().describe('The target column; null where the folder of a picture is its label.'),
  compared: count.describe('Rows or pictures that both sides have.'),
  flipped: count,
  pairs: z.array(LabelPair).describe('Most frequent first, at most 200.'),
  pairsTotal: count,
  classes: z
    .array(z.object({ name: z.string(), from: count, to: count }))
    .describe('Rows of each class on either side, by name; at most 1,000. Empty for a target of numbers.'),
});
export type LabelFlips = z.infer<typeof LabelFlips>;

const NumberSummary = z.object({
  rows: count.describe('Rows with a value.'),
  missing: count,
  mean: z.number().nullable(),
  deviation: z.number().nullable().describe('Standard deviation, divisor n.'),
  least: z.number().nullable(),
  lowerQuartile: z.number().nullable(),
  median: z.number().nullable(),
  upperQuartile: z.number().nullable(),
  most: z.number().nullable(),
});

/** How the values of one column are spread on either side. */
export const ColumnShift = z.object({
  column: z.string(),
  type: z.enum(['number', 'category']),
  verdict: DriftVerdict,
  sentence: z.string().describe('What happened to it, in words, with figures.'),
  psi: z.number().nullable().describe('Population stability index; null where a side has no rows.'),
  threshold: z.number().describe('PSI above which the column has drifted.'),
  p: z
    .number()
    .nullable()
    .describe('Of Kolmogorov and Smirnov for numbers, of chi-square for categories: of no change at all.'),
  distance: z
    .number()
    .nullable()
    .describe('Numbers: Wasserstein distance in the unit of the column. Categories: share of rows that moved.'),
  sampled: z.object({ from: count, to: count }).describe('Rows that quartiles, bins and tests rest on.'),
  numbers: z.object({ from: NumberSummary, to: NumberSummary }).nullable().describe('Null for categories.'),
  missing: z.object({ from: count, to: count }),
  appeared: z.array(z.string()).describe('New categories, most frequent first; at most 20.'),
  vanished: z.array(z.string()).describe('Categories that are gone, most frequent first; at most 20.'),
  bins: z.array(z.string()).describe('Label of each bin or category.'),
  from: z.array(z.number()).describe('Share of each bin before.'),
  to: z.array(z.number()).describe('Share of each bin after.'),
});
export type ColumnShift = z.infer<typeof ColumnShift>;

/** Difference of one table, row by row. */
export const TableDifference = z.object({
  file: z.string().describe('Relative to the data set.'),
  rows: z.object({ from: count, to: count, added: count, removed: count, changed: count, unchanged: count }),
  key: RowKey,
  schema: SchemaDifference,
  cells: z
    .array(z.object({ column: z.string(), changed: count }))
    .describe('Columns with changed cells in rows that both sides have, most changes first.'),
  labels: LabelFlips.nullable().describe('Null where no column is the target.'),
  shifts: z
    .array(ColumnShift)
    .describe('Columns that both sides have, largest change first; empty where only rows that differ were compared.'),
  changed: z.array(ComparedRow).describe('At most 200, by row number.'),
  added: z.array(ComparedRow).describe('At most 200, by row number.'),
  removed: z.array(ComparedRow).describe('At most 200, by row number.'),
});
export type TableDifference = z.infer<typeof TableDifference>;

/** Where a small picture stands: on which sheet, in which square of it, counted along the rows from 0. */
export const Tile = z.object({ sheet: count, square: count });
export type Tile = z.infer<typeof Tile>;

export const PictureFacts = z.object({
  width: z.number().int().positive(),
  height: z.number().int().positive(),
  channels: z.union([z.literal(1), z.literal(3)]),
  bytes: count,
  tile: Tile.nullable().describe('Null beyond the number of pictures that are drawn.'),
});
export type PictureFacts = z.infer<typeof PictureFacts>;

/** A picture with the same path and other contents. */
export const ChangedPicture = z.object({
  path: z.string(),
  from: PictureFacts.nullable().describe('Null where it cannot be read.'),
  to: PictureFacts.nullable(),
  distance: z
    .number()
    .int()
    .min(0)
    .max(64)
    .nullable()
    .describe('Bits of 64 in which the perceptual hashes differ: 0 looks alike, above 20 is another picture.'),
});
export type ChangedPicture = z.infer<typeof ChangedPicture>;

/** An added picture that looks like one that was there before, or like another added one. */
export const SimilarPictures = z.object({
  path: z.string(),
  like: z.string(),
  among: z.enum(['from', 'added']).describe('Whether `like` was there before or is added as well.'),
  distance: z.number().int().min(0).max(64).describe('Bits in which the hashes differ; 0 also for equal bytes.'),
  equal: z.boolean().describe('Equal bytes.'),
  picture: PictureFacts.nullable(),
  likePicture: PictureFacts.nullable(),
});
export type SimilarPictures = z.infer<typeof SimilarPictures>;

/** Difference of the pictures of a data set. */
export const PicturesDifference = z.object({
  from: count.describe('Pictures before.'),
  to: count,
  changed: count,
  changedExamples: z.array(ChangedPicture).describe('Largest visible change first, at most 500.'),
  labels: LabelFlips.nullable().describe('Pictures that moved to another class folder; null without class folders.'),
  similar: count.describe('Added pictures that look like another one, each counted once.'),
  equal: count.describe('Those among them with equal bytes.'),
  similarWithin: z.number().int().describe('Bits in which similar pictures differ at most.'),
  similarExamples: z.array(SimilarPictures).describe('Most alike first, at most 500.'),
  unreadable: count.describe('Changed and added pictures that cannot be decoded.'),
  unreadableExamples: z.array(z.object({ path: z.string(), why: z.string() })).describe('At most 50.'),
  sheets: z
    .array(z.string())
    .describe('PNG files with squares of small pictures, by their path relative to the workspace.'),
  tilePixels: z.number().int().positive().describe('Side of a square.'),
  sheetColumns: z.number().int().positive().describe('Squares in a row of a sheet.'),
});
export type PicturesDifference = z.infer<typeof PicturesDifference>;

/** What differs between two states of a data set, as people read it. Counts are exact; examples are some. */
export const DataDifference = z.object({
  id: Hash.describe('Names this difference for `listComparedFiles` and `describeDataDifference`.'),
  data: z.string().describe('Name of the data set.'),
  path: z.string().describe('Where it lies, relative to the workspace.'),
  from: ComparedSide,
  to: ComparedSide,
  equal: z.boolean(),
  files: FilesDifference,
  tables: z.array(TableDifference).describe('Tables that differ, by path; at most 20.'),
  pictures: PicturesDifference.nullable().describe('Null where neither side is an image folder.'),
  notes: z.array(z.string()).describe('What could not be compared, and why; and what was left out.'),
  summary: z.string().describe('The difference in one sentence.'),
});
export type DataDifference = z.infer<typeof DataDifference>;

/** A page of the files of a difference, in path order. */
export const ComparedFilePage = z.object({
  total: count.describe('Files that the page is of.'),
  files: z.array(ComparedFile),
});
export type ComparedFilePage = z.infer<typeof ComparedFilePage>;
