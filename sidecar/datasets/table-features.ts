import type { Features } from '../contract/features.ts';
import { openEncoder, type RawBatch } from '../engines/onnx/encode.ts';
import { dataUnreadable, Fault } from '../faults.ts';
import type { JobContext } from '../pipeline/job.ts';
import type { BuildOrder } from './build-order.ts';
import type { Cell } from './cells.ts';
import { createColumnLearner, type Learned } from './column-learners.ts';
import { featureModel } from './feature-graph.ts';
import { planFeatures, type PlannedFeature } from './feature-plan.ts';
import { openFeatureWriter, type FeatureWriter } from './feature-writer.ts';
import {
  rawCell,
  rawColumnsOf,
  watchedCell,
  widthOf,
  type RawCell,
  type RawColumn,
  type RawRow,
} from './raw-columns.ts';
import { createSample } from './sample.ts';
import { parts, type Part, type SplitRows } from './split.ts';
import { createDivision, type Division } from './table-division.ts';
import type { TableRows } from './table-reader.ts';
import { createTargetReader, type Target } from './table-target.ts';
import type { Table } from './table.ts';

/** Training rows that are kept as they are, for the reference of the watch: more sharpen no histogram. */
const SAMPLED_ROWS = 20_000;

/**
 * Encodes a table into rows of `[F]` numbers, by the graph that is served. The file is read three times and never held:
 * once for the target and what rows are divided by, once for what the training rows teach, once to write.
 */
export const buildTableFeatures = async (table: Table, order: BuildOrder, context: JobContext): Promise<Features> => {
  const { target, column, header, division } = await readTarget(table, order, context);
  const split = division.split(target);
  if (split.train.length === 0) throw dataUnreadable(table.shown, 'no row is left to train on');
  const partOf = partsByRow(split, target.values.length);
  const taken = [column, ...division.columns];
  const planned = planFeatures({ header, taken, target: column, settings: order.features });
  const learned = await learnColumns({ table, header, planned, partOf }, context);
  const columns = learned.map(({ transform }) => transform);
  const features: Features = {
    hash: order.hash,
    task: target.task,
    inputShape: [columns.reduce((width, transform) => width + widthOf(transform), 0)],
    classes: [...target.classes],
    rows: { train: split.train.length, validation: split.validation.length, test: split.test.length },
    normalization: { mean: learned.flatMap(({ mean }) => mean), std: learned.flatMap(({ std }) => std) },
    columns,
    target: column,
  };
  await writeRows({ table, header, features, target, split, partOf }, order, context);
  return features;
};

interface TargetOfTable {
  readonly target: Target;
  readonly column: string;
  readonly header: readonly string[];
  readonly division: Division;
}

const readTarget = async (table: Table, { data }: BuildOrder, context: JobContext): Promise<TargetOfTable> => {
  const open = (header: readonly string[]) => {
    const at = targetColumn(header, data.target, table);
    const division = createDivision(data.split, header, table.shown);
    return { at, header, division, ...createTargetReader(table.shown, `“${header[at] ?? ''}”`) };
  };
  let reading: ReturnType<typeof open> | undefined;
  for await (const piece of counted(table, { from: 0, doing: 'reading the target' }, context)) {
    reading ??= open(piece.header);
    for (const [index, cells] of piece.rows.entries()) {
      const row = piece.first + index;
      reading.see(cells[reading.at] ?? null, row);
      reading.division.see(cells, row);
    }
  }
  if (reading === undefined) throw new RangeError('A table without rows is refused where it is read.');
  const { at, header, division, finish } = reading;
  if (division.note !== null) context.log('info', division.note);
  return { target: finish(data.task), column: header[at] ?? '', header, division };
};

const targetColumn = (header: readonly string[], wanted: string | undefined, { shown }: Table): number => {
  const at = wanted === undefined ? header.length - 1 : header.indexOf(wanted);
  if (at === -1)
    throw dataUnreadable(shown, `it has no column “${wanted ?? ''}” (data.target); it has ${header.join(', ')}`);
  if (header.length < 2) throw dataUnreadable(shown, 'it has one column only, and nothing to predict it from');
  return at;
};

/** Share of the progress of each of the three readings. */
const READING = 1 / 3;

interface Reading {
  readonly from: number;
  readonly doing: string;
}

/** The rows of a table, counted aloud. How many there are is known from the second reading on. */
const counted = async function* (
  table: Table,
  { from, doing }: Reading,
  { signal, progress }: JobContext,
  total: number | null = null,
): AsyncGenerator<TableRows, void> {
  progress(from, doing);
  for await (const piece of table.read(signal)) {
    yield piece;
    const rows = piece.first + piece.rows.length - 1;
    const of = total === null ? '' : ` of ${total.toLocaleString('en')}`;
    progress(
      total === null ? from : from + (READING * rows) / total,
      `${doing}: ${rows.toLocaleString('en')}${of} rows`,
    );
  }
};

/** Number of the part of each row, in the order of `parts`. */
const partsByRow = (split: SplitRows, rows: number): Uint8Array => {
  const partOf = new Uint8Array(rows);
  for (const [at, part] of parts.entries()) for (const row of split[part]) partOf[row] = at;
  return partOf;
};

const TRAIN = parts.indexOf('train');

interface Learning {
  readonly table: Table;
  readonly header: readonly string[];
  readonly planned: readonly PlannedFeature[];
  readonly partOf: Uint8Array;
}

const learnColumns = async (
  { table, header, planned, partOf }: Learning,
  context: JobContext,
): Promise<readonly Learned[]> => {
  const learners = planned.map((feature) => ({ at: feature.at, learner: createColumnLearner(feature) }));
  let rows = 0;
  const reading = { from: READING, doing: 'learning the columns' };
  for await (const piece of counted(table, reading, context, partOf.length)) {
    for (const [index, cells] of piece.rows.entries()) {
      if (partOf[piece.first - 1 + index] !== TRAIN) continue;
      rows += 1;
      for (const { at, learner } of learners) learner.see(cells[at] ?? null);
    }
  }
  const found = learners.map(({ learner }) => learner.learn(rows));
  if (header[0] === '')
    context.log('warn', 'The first column has no name; it is taken for an index and is no feature.');
  for (const { note } of found) if (note !== undefined) context.log('warn', note);
  const learned = found.filter((one): one is Learned => one.transform !== undefined);
  if (learned.length === 0) throw dataUnreadable(table.shown, 'no column is left to predict from');
  context.log('info', `Features: ${learned.map(describe).join(', ')}.`);
  return learned;
};

/** `city onehot (12)`: column, transform, and how many numbers it becomes where that is not one. */
const describe = ({ transform }: Learned): string => {
  const width = widthOf(transform);
  return `${transform.column} ${transform.kind}${width === 1 ? '' : ` (${width})`}`;
};

interface Writing {
  readonly table: Table;
  readonly header: readonly string[];
  readonly features: Features;
  readonly target: Target;
  readonly split: SplitRows;
  readonly partOf: Uint8Array;
}

const writeRows = async (writing: Writing, { featuresFolder }: BuildOrder, context: JobContext): Promise<void> => {
  const { table, header, features, split, partOf } = writing;
  const [width = 0] = features.inputShape;
  const { model, output } = featureModel(features.columns);
  const encoder = await openEncoder(model, output);
  const writer = openFeatureWriter({ folder: featuresFolder, element: 'float32', width, split, nameOf: 'by number' });
  const sample = createSample<RawRow>(SAMPLED_ROWS);
  const raw = rawColumnsOf(features.columns).map((column) => ({ column, at: header.indexOf(column.column) }));
  try {
    const reading = { from: 2 * READING, doing: 'encoding the rows' };
    for await (const piece of counted(table, reading, context, partOf.length)) {
      const rows = piece.rows.map((cells, index) => rawRowOf(cells, raw, { table, row: piece.first + index }));
      const encoded = await encoder.encode(toBatch(rows, raw), rows.length);
      for (const [index, row] of rows.entries()) {
        const number = piece.first - 1 + index;
        if (partOf[number] === TRAIN) sample.see(() => row.map(watchedCell));
        addRow(writer, writing, number, encoded.subarray(index * width, (index + 1) * width));
      }
    }
    writer.publish(features, sample.kept());
  } finally {
    writer.discard();
    await encoder.close();
  }
};

const addRow = (writer: FeatureWriter, { partOf, target }: Writing, number: number, encoded: Float32Array): void => {
  const part: Part = parts[partOf[number] ?? TRAIN] ?? 'train';
  writer.add(part, encoded, target.values[number] ?? 0);
};

interface RawPlace {
  readonly column: RawColumn;
  readonly at: number;
}

const rawRowOf = (
  cells: readonly Cell[],
  raw: readonly RawPlace[],
  { table, row }: { readonly table: Table; readonly row: number },
): RawCell[] => {
  try {
    return raw.map(({ column, at }) => rawCell(cells[at] ?? null, column));
  } catch (error) {
    if (error instanceof Fault) throw dataUnreadable(table.shown, `row ${row}: ${error.message.replace(/\.$/, '')}`);
    throw error;
  }
};

const toBatch = (rows: readonly RawRow[], raw: readonly RawPlace[]): RawBatch =>
  raw.map(({ column }, at) =>
    column.type === 'text' ? rows.map((row) => String(row[at])) : Float64Array.from(rows, (row) => Number(row[at])),
  );
