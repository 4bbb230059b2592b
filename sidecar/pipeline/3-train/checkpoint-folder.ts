import { mkdirSync, readdirSync, rmSync, statSync, utimesSync } from 'node:fs';
import { join } from 'node:path';
import type { RunId } from '../../contract/ids.ts';
import type { MetricPoint } from '../../contract/run.ts';
import type { Checkpoints } from '../../engines/checkpoint.ts';
import type { LogLevel } from '../job.ts';
import { readCheckpoint, writeCheckpoint, type StoredCheckpoint } from './checkpoint-file.ts';
import { openCurveFile, type CurveFile } from './curve-file.ts';

export interface CheckpointFolderNeeds {
  /** A folder of this training's own: whatever would end with the same weights shares it. */
  readonly folder: string;
  readonly run: RunId;
  /** Rows a batch of this training; asked for when one is written. */
  readonly batchSize: () => number;
  readonly everyEpochs: number;
  /** Checkpoints that stay. */
  readonly keep: number;
  readonly log: (level: LogLevel, text: string) => void;
  /** Milliseconds between two checkpoints within an epoch; default ten minutes. */
  readonly everyMs?: number;
}

export interface CheckpointFolder extends Checkpoints {
  readonly last: StoredCheckpoint | undefined;
  /** Points of the curves up to the last checkpoint. */
  readonly points: readonly MetricPoint[];
  /** Remembers a point for the checkpoints to come. */
  readonly addPoint: (point: MetricPoint) => void;
  readonly close: () => void;
}

/** What an hour-long epoch may lose. */
const EVERY_MS = 10 * 60_000;
/** Checkpoints at the ends of epochs take at most this share of the time. */
const LARGEST_SHARE = 0.05;

/**
 * Checkpoints of one training in a folder, the newest `keep` of them. One that is damaged is said aloud, and the one
 * before it is used. Checkpoints are written every so many epochs, but never for more than a twentieth of the time,
 * and within long epochs every ten minutes.
 */
export const openCheckpointFolder = (needs: CheckpointFolderNeeds): CheckpointFolder => {
  const { folder, run, everyEpochs, keep, everyMs = EVERY_MS } = needs;
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  const last = newestWhole(needs);
  const curves = openCurveFile(join(folder, 'curves.jsonl'));
  const points = pointsOf(curves, last, needs);
  let [writtenAt, tookMs] = [performance.now(), 0];
  return {
    last,
    points,
    addPoint: curves.add,
    isDue: (endOf) => {
      const since = performance.now() - writtenAt;
      if (endOf === undefined) return since >= everyMs;
      return endOf % everyEpochs === 0 && tookMs <= LARGEST_SHARE * since;
    },
    keep: (checkpoint) => {
      const began = performance.now();
      const { epoch, step } = checkpoint.standing;
      const path = join(folder, `${String(epoch).padStart(6, '0')}-${String(step).padStart(9, '0')}.checkpoint`);
      writeCheckpoint(path, { ...checkpoint, run, batchSize: needs.batchSize(), points: curves.sync() });
      for (const old of namesIn(folder).slice(keep)) rmSync(join(folder, old));
      writtenAt = performance.now();
      tookMs = writtenAt - began;
    },
    close: curves.close,
  };
};

const isCheckpoint = (name: string): boolean => name.endsWith('.checkpoint');

/** Newest first: their names sort by epoch and step. */
const namesIn = (folder: string): readonly string[] => readdirSync(folder).filter(isCheckpoint).toSorted().toReversed();

const newestWhole = ({ folder, log }: CheckpointFolderNeeds): StoredCheckpoint | undefined => {
  for (const name of namesIn(folder)) {
    const found = readCheckpoint(join(folder, name));
    if (found !== undefined) return found;
    log('warn', `the checkpoint ${name} is damaged; it is removed, and the one before it is looked for`);
    rmSync(join(folder, name));
  }
  return undefined;
};

const pointsOf = (
  curves: CurveFile,
  last: StoredCheckpoint | undefined,
  { log }: CheckpointFolderNeeds,
): readonly MetricPoint[] => {
  const points = curves.rewind(last?.points ?? { count: 0, hash: EMPTY_HASH });
  if (points === undefined)
    log('warn', 'the curves up to the checkpoint are damaged; they begin where training goes on');
  return points ?? [];
};

/** SHA-256 of nothing. */
const EMPTY_HASH = 'e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855';

const DAY_MS = 24 * 60 * 60_000;
/** Trainings that nobody has gone on with for so long are given up. */
const FORGOTTEN_MS = 30 * DAY_MS;

/** Marks a folder as in use and removes the ones beside it that have not been for thirty days. */
export const sweepCheckpoints = (all: string, own: string, now: Date): void => {
  mkdirSync(join(all, own), { recursive: true, mode: 0o700 });
  utimesSync(join(all, own), now, now);
  for (const name of readdirSync(all)) {
    const folder = join(all, name);
    if (now.getTime() - statSync(folder).mtimeMs > FORGOTTEN_MS) rmSync(folder, { recursive: true, force: true });
  }
};
