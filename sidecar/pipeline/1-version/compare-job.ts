import { join, relative, sep } from 'node:path';
import type { ComparedSide, DataDifference } from '../../contract/data-difference.ts';
import type { Hash } from '../../contract/ids.ts';
import { compareData, type ComparedState } from '../../datasets/difference/compare-data.ts';
import { openDifferences } from '../../datasets/difference/kept-differences.ts';
import { openRuns } from '../../datasets/difference/known-runs.ts';
import { openLooks } from '../../datasets/difference/picture-looks.ts';
import { summarize } from '../../datasets/difference/summary.ts';
import { createSheets } from '../../datasets/difference/thumbnails.ts';
import { sha256Of } from '../../versions/hash.ts';
import { entryPath } from '../../work/entry.ts';
import type { Job, JobContext } from '../job.ts';
import type { DataPlace } from './job.ts';
import { openDisk, openVersion, type OpenedState } from './open-state.ts';
import { inScratch } from './scratch.ts';

/** A side of which it is known what to read. */
export interface ResolvedSide extends Omit<ComparedSide, 'kind' | 'files' | 'bytes'> {
  /** Hash of the version; null for no data, `disk` for the data as it lies on disk. */
  readonly state: Hash | 'disk' | null;
}

export interface CompareDataInput extends DataPlace {
  readonly data: string;
  readonly from: ResolvedSide;
  readonly to: ResolvedSide;
  readonly key: readonly string[];
  readonly target: string | null;
  readonly likelyTarget: string | null;
  /** Folder of everything that is derived from data and may be deleted. */
  readonly derived: string;
}

/** Raised when equal sides would give another difference than before. */
const FORMAT = 2;

/** Computes a difference and keeps it; one that is kept is read again. */
export const compareDataJob: Job<CompareDataInput, DataDifference> = async (input, context) => {
  const from = await openSide(input, input.from, context);
  const to = await openSide(input, input.to, context);
  const kept = openDifferences(differencesFolder(input.derived));
  const id = nameDifference(input, from, to);
  return kept.recall(id) ?? (await compute(input, { id, from: from.state, to: to.state }, context));
};

export const looksFile = (derived: string): string => join(derived, 'picture-hashes.bin');
export const differencesFolder = (derived: string): string => join(derived, 'differences');

const openSide = async (input: CompareDataInput, side: ResolvedSide, context: JobContext): Promise<OpenedState> =>
  side.state === 'disk' ? openDisk(input, context) : openVersion(input.dataFolder, side.state);

const nameDifference = (
  { path, from, to, key, target, likelyTarget }: CompareDataInput,
  old: OpenedState,
  now: OpenedState,
): Hash => sha256Of(JSON.stringify([FORMAT, path, from, to, old.hash, now.hash, key, target, likelyTarget]));

interface Named {
  readonly id: Hash;
  readonly from: ComparedState;
  readonly to: ComparedState;
}

const compute = async (
  input: CompareDataInput,
  { id, from, to }: Named,
  context: JobContext,
): Promise<DataDifference> => {
  const { root, path, data, derived, key, target, likelyTarget } = input;
  const kept = openDifferences(differencesFolder(derived));
  return inScratch(derived, 'comparing', async (scratch) => {
    const sheets = createSheets((png, sheet) => toPosix(relative(root, kept.keepSheet(id, png, sheet))));
    const looks = openLooks(looksFile(derived));
    const runs = openRuns(join(derived, 'table-runs.jsonl'));
    const { changes, totals, ...found } = await compareData(
      { path, from, to, key, target, likelyTarget, looks, runs, sheets, lookProgram: entryPath('looks'), scratch },
      context,
    );
    kept.keepFiles(id, changes);
    const difference: DataDifference = {
      id,
      data,
      path,
      from: sideOf(input.from, from, totals.from),
      to: sideOf(input.to, to, totals.to),
      equal: found.equal,
      files: found.files,
      tables: found.tables,
      pictures: found.pictures,
      notes: found.notes,
      summary: summarize(found),
    };
    kept.keep(difference);
    return difference;
  });
};

const sideOf = (
  { label, side, version, createdAt, author }: ResolvedSide,
  { kind }: ComparedState,
  totals: { readonly files: number; readonly bytes: number },
): ComparedSide => ({ label, side, version, createdAt, author, kind, ...totals });

const toPosix = (path: string): string => path.split(sep).join('/');
