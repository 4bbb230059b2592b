import { lstatSync, readdirSync, rmSync } from 'node:fs';
import { join, posix } from 'node:path';
import { setImmediate as nextTurn } from 'node:timers/promises';
import type { JobContext } from '../../pipeline/job.ts';
import { syncFolder } from '../durable.ts';
import { ifThere } from '../if-there.ts';
import { journalOf, keptAt, keptNameOf, readJournal } from './restore-plan.ts';

/** What one restore has replaced and kept. */
export interface KeptFiles {
  /** Its folder, inside the one of all restores. */
  readonly name: string;
  /** When it was restored, in milliseconds since 1970. */
  readonly at: number;
  /** The data set, relative to the workspace; null where no journal says it. */
  readonly path: string | null;
  /** One of its files, inside the data set; null where nothing is left. */
  readonly example: string | null;
  readonly files: number;
  readonly bytes: number;
}

/** All that restores have kept, the oldest first; what lies there under another name is not theirs. */
export const listKept = async (
  kept: string,
  { signal, progress }: Pick<JobContext, 'signal' | 'progress'>,
): Promise<KeptFiles[]> => {
  const names = new Set((ifThere(() => readdirSync(kept)) ?? []).map(keptNameOf));
  const restores = [...names].flatMap((name) => {
    const at = keptAt(name);
    return at === null ? [] : [{ name, at }];
  });
  const found: KeptFiles[] = [];
  for (const restore of restores.toSorted((a, b) => a.at - b.at)) {
    const folder = join(kept, restore.name);
    found.push({ ...restore, path: readJournal(folder)?.path ?? null, ...contentsOf(folder) });
    progress(found.length / restores.length, `${found.length} of ${restores.length} restores`);
    await nextTurn();
    signal.throwIfAborted();
  }
  return found;
};

type Contents = Pick<KeptFiles, 'example' | 'files' | 'bytes'>;

const contentsOf = (folder: string): Contents => {
  const found: { -readonly [Key in keyof Contents]: Contents[Key] } = { example: null, files: 0, bytes: 0 };
  for (const entry of ifThere(() => readdirSync(folder, { withFileTypes: true })) ?? []) {
    const path = join(folder, entry.name);
    const inside = entry.isDirectory()
      ? contentsOf(path)
      : { example: '', files: 1, bytes: lstatSync(path, { throwIfNoEntry: false })?.size ?? 0 };
    found.example ??= inside.example === null ? null : posix.join(entry.name, inside.example);
    found.files += inside.files;
    found.bytes += inside.bytes;
  }
  return found;
};

/**
 * Removes what restores have kept. The journals go first, and durably: interrupted, it leaves folders that no Undo
 * reads any more and the next removal finds again, and never an Undo that would bring back the half. Nobody else may
 * restore or undo meanwhile.
 */
export const removeKept = (kept: string, names: readonly string[]): void => {
  if (names.length === 0) return;
  const folders = names.map((name) => join(kept, name));
  for (const folder of folders) rmSync(journalOf(folder), { force: true });
  syncFolder(kept);
  for (const folder of folders) rmSync(folder, { recursive: true, force: true });
};
