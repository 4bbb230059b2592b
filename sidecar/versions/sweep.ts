import { readdirSync, rmSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { ifThere } from './if-there.ts';

/** Nobody writes one file for that long; what is older was left by a process that is gone. In milliseconds. */
const ABANDONED_MS = 3_600_000;
const draftName = /^\.?[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}(\.tmp)?$/;

/** Removes drafts, files or folders, that a crash has left in `folder`. */
export const sweepDrafts = (folder: string, now: number): void => {
  for (const name of ifThere(() => readdirSync(folder)) ?? []) {
    const path = join(folder, name);
    const stat = draftName.test(name) ? statSync(path, { throwIfNoEntry: false }) : undefined;
    if (stat !== undefined && now - stat.mtimeMs > ABANDONED_MS) rmSync(path, { recursive: true, force: true });
  }
};
