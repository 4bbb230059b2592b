import { mkdirSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Hash } from '../../contract/ids.ts';
import type { CheckRule } from '../../contract/training.ts';
import { openLooks } from '../../datasets/difference/picture-looks.ts';
import { checkState, type CheckedState } from '../../datasets/quality/check-state.ts';
import { sha256Of } from '../../versions/hash.ts';
import type { Job } from '../job.ts';
import { looksFile } from './compare-job.ts';
import type { DataPlace } from './job.ts';
import { openDisk, openVersion } from './open-state.ts';
import { inScratch } from './scratch.ts';

export interface CheckDataInput extends DataPlace {
  readonly state: Hash | 'disk';
  readonly rules: readonly CheckRule[];
  /** Column to predict; null for the last one. */
  readonly target: string | null;
  /** Folder of everything that is derived from data and may be deleted. */
  readonly derived: string;
}

/** Raised when equal bytes under equal rules would be judged in another way than before. */
const FORMAT = 1;
const MOST_KEPT = 200;

/** Judges the rules of `data.checks`. What was found of a version is kept: it cannot change. */
export const checkDataJob: Job<CheckDataInput, CheckedState> = async (input, context) => {
  const { derived, path, rules, target } = input;
  const { state, hash } =
    input.state === 'disk' ? await openDisk(input, context) : openVersion(input.dataFolder, input.state);
  const kept = join(derived, 'checks', `${sha256Of(JSON.stringify([FORMAT, path, hash, rules, target]))}.json`);
  const known = readKept(kept);
  if (known !== null) return known;
  mkdirSync(join(derived, 'checks'), { recursive: true, mode: 0o700 });
  return inScratch(derived, 'checking', async (scratch) => {
    const looks = openLooks(looksFile(derived));
    const checked = await checkState({ state, rules, target, path, looks, scratch }, context);
    writeFileSync(kept, JSON.stringify(checked));
    forgetOldest(join(derived, 'checks'));
    return checked;
  });
};

const readKept = (file: string): CheckedState | null => {
  try {
    return JSON.parse(readFileSync(file, 'utf8')) as CheckedState;
  } catch (error) {
    // Not there, or left unfinished by a crash: it is judged again.
    if (error instanceof SyntaxError || (error instanceof Error && 'code' in error && error.code === 'ENOENT'))
      return null;
    throw error;
  }
};

const forgetOldest = (folder: string): void => {
  const kept = readdirSync(folder).map((name) => join(folder, name));
  if (kept.length <= MOST_KEPT) return;
  const newest = kept.sort((a, b) => statSync(b).mtimeMs - statSync(a).mtimeMs);
  for (const file of newest.slice(MOST_KEPT)) rmSync(file, { force: true });
};
