import { mkdirSync, readdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';
import { Hash } from '../../contract/ids.ts';
import { writeDurably } from '../durable.ts';
import { readText } from '../dvc/read-text.ts';
import { sha256Of } from '../hash.ts';

/** A merge that waits for its conflicts to be resolved. */
export const MergeState = z.object({
  /** Of the data set, relative to the workspace. */
  path: z.string(),
  base: Hash.nullable(),
  ours: Hash,
  theirs: Hash,
  /** For files that are kept beside others. */
  suffix: z.string(),
  /** What the pointer said before Git wrote its marks of conflict into it. */
  pointer: z.string().nullable(),
  /** Choices so far, by path. */
  choices: z.record(z.string(), z.enum(['ours', 'theirs', 'both'])),
});
export type MergeState = z.infer<typeof MergeState>;

export interface MergeStates {
  readonly list: () => MergeState[];
  readonly find: (path: string) => MergeState | null;
  readonly save: (state: MergeState) => void;
  readonly remove: (path: string) => void;
}

/** @param folder `.trainyard/merges`; one file a data set */
export const openMergeStates = (folder: string): MergeStates => {
  const fileOf = (path: string) => join(folder, `${sha256Of(path).slice(0, 16)}.json`);
  const read = (file: string): MergeState | null => {
    const text = readText(file);
    return text === null ? null : MergeState.parse(JSON.parse(text));
  };
  return {
    list: () => {
      mkdirSync(folder, { recursive: true, mode: 0o700 });
      const names = readdirSync(folder).filter((name) => /^[0-9a-f]{16}\.json$/.test(name));
      return names.flatMap((name) => read(join(folder, name)) ?? []);
    },
    find: (path) => read(fileOf(path)),
    save: (state) => writeDurably(fileOf(state.path), JSON.stringify(state)),
    remove: (path) => rmSync(fileOf(path), { force: true }),
  };
};
