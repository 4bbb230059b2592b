import { chmodSync, mkdirSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import type { Candidate } from '../../contract/candidate.ts';
import { withRawColumns } from '../../datasets/feature-graph.ts';
import { openFeatures } from '../../datasets/feature-store.ts';
import { prepareEnvironment } from '../../engines/command/environment.ts';
import { runCommand } from '../../engines/command/run-command.ts';
import { commandFailed, modelInvalid } from '../../faults.ts';
import { parameterCount } from '../../graph/parameters.ts';
import { readModel } from '../../graph/read.ts';
import { needVersion, openDataStore } from '../../versions/data-store.ts';
import { createObjects } from '../../versions/objects.ts';
import { readFiles, readVersion } from '../../versions/tree/version.ts';
import { checkOut } from '../../versions/working/check-out.ts';
import { entryPath } from '../../work/entry.ts';
import type { JobContext } from '../job.ts';
import type { TrainInput } from './train-input.ts';
import { batchMetrics } from './metric-batches.ts';

/** Nobody may change the pinned data through its view. */
const READ_ONLY = 0o444;

/**
 * Trains by a command of the user's, in any language. It finds the resolved configuration, the pinned data, the split
 * and a folder for its results in its environment; see docs of `engine: command` in the README.
 */
export const trainByCommand = async (input: TrainInput, context: JobContext): Promise<Candidate> => {
  const startedAt = performance.now();
  const command = input.training.training.command ?? '';
  const objects = createObjects(input.objectsFolder);
  const folders = await prepareFolders(input, context);
  const env = await prepareEnvironment({
    from: process.env,
    configuration: input.training,
    configurationFile: join(input.outFolder, 'config.json'),
    dataFolder: folders.data,
    outFolder: folders.results,
    splitFile: folders.split,
    run: input.run,
  });
  const metrics = batchMetrics(context.metrics);
  context.progress(null, command);
  const end = await runCommand({
    command,
    cwd: input.root,
    env,
    outDir: folders.results,
    signal: context.signal,
    onOutput: (stream, line) => context.log(stream === 'stderr' ? 'warn' : 'info', line),
    onMetric: ({ epoch = 0, ...metric }) => metrics.add({ epoch, ...metric, at: Date.now() }),
    onWarning: (warning) => context.log('warn', warning),
  });
  metrics.flush();
  if (end.exitCode !== 0) throw commandFailed(command, endingOf(end));
  const bytes = end.model === undefined ? null : readFileSync(end.model);
  return {
    model: bytes === null ? null : objects.put(withRawColumns(bytes, input.features)),
    modelBytes: bytes?.length ?? 0,
    parameters: bytes === null ? null : countParameters(bytes),
    engine: 'command',
    device: input.training.training.device,
    epochs: 0,
    bestEpoch: null,
    steps: 0,
    mathMs: performance.now() - startedAt,
    totalMs: performance.now() - startedAt,
    batchSize: null,
    resumed: null,
  };
};

const endingOf = ({ exitCode, signal }: { exitCode: number; signal: string | null }): string =>
  signal === null ? `ended with exit code ${exitCode}` : `was ended by ${signal}`;

const countParameters = (bytes: Uint8Array): number => {
  try {
    return parameterCount(readModel(bytes));
  } catch (error) {
    throw modelInvalid(`the command's model.onnx: ${error instanceof Error ? error.message : String(error)}`);
  }
};

interface Folders {
  readonly data: string;
  readonly results: string;
  /**
   * JSON file with the rows of each part, so that the command can leave the test part alone: paths of images, or row
   * numbers of a table, counted from 0.
   */
  readonly split: string;
}

const prepareFolders = async (input: TrainInput, context: JobContext): Promise<Folders> => {
  const data = join(input.outFolder, 'data');
  const results = join(input.outFolder, 'out');
  const split = join(input.outFolder, 'split.json');
  makeWritable(data);
  rmSync(input.outFolder, { recursive: true, force: true });
  for (const folder of [data, results]) mkdirSync(folder, { recursive: true, mode: 0o700 });
  const store = openDataStore(input.dataFolder);
  const version = needVersion(store, input.dataset.hash);
  const { type, ...total } = readVersion(store.blobs, version);
  const folder = type === 'folder' ? join(data, basename(input.dataset.path)) : data;
  mkdirSync(folder, { recursive: true });
  const files = readFiles(store.blobs, version);
  const threadProgram = entryPath('data');
  await checkOut({ files, total, folder, store, mode: READ_ONLY, threadProgram }, context);
  writeFileSync(split, JSON.stringify(splitOf(input)));
  return { data, results, split };
};

const splitOf = ({ featuresFolder, features }: TrainInput) => {
  const rows = openFeatures(featuresFolder, features.hash);
  const rowsOf = (part: 'train' | 'validation' | 'test') => {
    const { names } = rows.source(part);
    return features.target === null ? names : names.map(rowNumber);
  };
  return { train: rowsOf('train'), validation: rowsOf('validation'), test: rowsOf('test') };
};

/** `row 17`, as a person counts, is 16 for a program. */
const rowNumber = (name: string): number => Number(name.replace('row ', '')) - 1;

/** An earlier view of the same run may be read-only, and could not be removed. */
const makeWritable = (folder: string): void => {
  for (const entry of listIfThere(folder)) chmodSync(entry, 0o700);
};

const listIfThere = (folder: string): string[] => {
  try {
    return [folder, ...readdirSync(folder, { recursive: true }).map((name) => join(folder, String(name)))];
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return [];
    throw error;
  }
};
