import type { Features } from '../contract/features.ts';
import { Fault, dataUnreadable } from '../faults.ts';
import type { JobContext } from '../pipeline/job.ts';
import type { BuildOrder } from './build-order.ts';
import { readCsv, type CsvFile } from './csv.ts';
import { encodeRow } from './encode-row.ts';
import { openFeatureWriter } from './feature-writer.ts';
import { createColumnLearner, type LearnedColumns } from './learn-columns.ts';
import { parts, splitRows, type Part, type SplitRows } from './split.ts';
import { createTargetReader, type Target } from './table-target.ts';

/**
 * Encodes a table into rows of `[F]` numbers. The file is read three times and never held: once for the target,
 * once for what the training rows teach, once to write.
 */
export const buildTableFeatures = async (file: CsvFile, order: BuildOrder, context: JobContext): Promise<Features> => {
  const { data } = order;
  const { target, column, header } = await readTarget(file, order, context);
  const split = splitRows({
    rows: target.values.length,
    shares: data.split,
    seed: data.split.seed,
    nameOf: String,
    strata: data.split.stratify && target.task === 'classification' ? target.values : null,
    testFrom: null,
  });
  if (split.train.length === 0) throw dataUnreadable(file.shown, 'no row is left to train on');
  const partOf = partsByRow(split, target.values.length);

  const inputs = header.map((name) => (name === column ? null : name));
  const learned = await learnColumns({ file, inputs, partOf }, order, context);
  const features: Features = {
    hash: order.hash,
    task: target.task,
    inputShape: [learned.normalization.mean.length],
    classes: [...target.classes],
    rows: { train: split.train.length, validation: split.validation.length, test: split.test.length },
    normalization: learned.normalization,
    columns: [...learned.columns],
    target: column,
  };
  await writeRows({ file, features, target, split, partOf }, order, context);
  return features;
};

const readTarget = async (file: CsvFile, { data, objects }: BuildOrder, { signal, progress }: JobContext) => {
  progress(0.05, 'reading the target');
  const open = (header: readonly string[]) => {
    const at = targetColumn(header, data.target, file);
    return { at, ...createTargetReader(file.shown, `“${header[at] ?? ''}”`) };
  };
  const found: { column?: ReturnType<typeof open> } = {};
  const header = await readCsv(file, objects, signal, (cells, row, names) => {
    found.column ??= open(names);
    found.column.see(cells[found.column.at] ?? '', row);
  });
  const { at, finish } = found.column ?? open(header);
  return { target: finish(data.task), header, column: header[at] ?? '' };
};

const targetColumn = (header: readonly string[], wanted: string | undefined, { shown }: CsvFile): number => {
  const at = wanted === undefined ? header.length - 1 : header.indexOf(wanted);
  if (at === -1)
    throw dataUnreadable(shown, `it has no column “${wanted ?? ''}” (data.target); it has ${header.join(', ')}`);
  if (header.length < 2) throw dataUnreadable(shown, 'it has one column only, and nothing to predict it from');
  return at;
};

const partsByRow = (split: SplitRows, rows: number): readonly Part[] => {
  const partOf = new Array<Part>(rows).fill('train');
  for (const part of parts) for (const row of split[part]) partOf[row] = part;
  return partOf;
};

interface Learning {
  readonly file: CsvFile;
  /** Column names; null for those that are no features. */
  readonly inputs: readonly (string | null)[];
  readonly partOf: readonly Part[];
}

const learnColumns = async (
  { file, inputs, partOf }: Learning,
  { objects }: BuildOrder,
  { signal, progress, log }: JobContext,
): Promise<LearnedColumns> => {
  progress(0.35, 'learning the columns');
  const learner = createColumnLearner(inputs.map((name) => (name === '' ? null : name)));
  await readCsv(file, objects, signal, (cells, row) => {
    if (partOf[row - 1] === 'train') learner.see(cells);
  });
  const learned = learner.learn();
  if (inputs[0] === '') log('warn', 'The first column has no name; it is taken for an index and is no feature.');
  for (const note of learned.notes) log('warn', note);
  if (learned.columns.length === 0) throw dataUnreadable(file.shown, 'no column is left to predict from');
  return learned;
};

interface Writing {
  readonly file: CsvFile;
  readonly features: Features;
  readonly target: Target;
  readonly split: SplitRows;
  readonly partOf: readonly Part[];
}

const writeRows = async (
  { file, features, target, split, partOf }: Writing,
  { objects, featuresFolder }: BuildOrder,
  { signal, progress }: JobContext,
): Promise<void> => {
  progress(0.65, 'encoding the rows');
  const [width = 0] = features.inputShape;
  const nameOf = (row: number) => `row ${row + 1}`;
  const writer = openFeatureWriter({ folder: featuresFolder, element: 'float32', width, split, nameOf });
  try {
    await readCsv(file, objects, signal, (cells, row, header) => {
      const record = Object.fromEntries(header.map((name, at) => [name, cells[at]]));
      writer.add(partOf[row - 1] ?? 'train', encode(record, features, file, row), target.values[row - 1] ?? 0);
    });
    writer.publish(features);
  } finally {
    writer.discard();
  }
};

const encode = (record: Record<string, unknown>, features: Features, { shown }: CsvFile, row: number): Float32Array => {
  try {
    return encodeRow(record, features);
  } catch (error) {
    if (error instanceof Fault) throw dataUnreadable(shown, `row ${row}: ${error.message.replace(/\.$/, '')}`);
    throw error;
  }
};
