import { closeSync, fsyncSync, openSync, readSync, renameSync } from 'node:fs';
import { join } from 'node:path';
import { StringDecoder } from 'node:string_decoder';
import { z } from 'zod';
import { Hash } from '../../contract/ids.ts';
import { syncFolder, writeWhole } from '../durable.ts';
import type { FileStamp } from './walk.ts';
import { ifThere } from '../if-there.ts';

/** How a file lay on disk when the plan was made. */
const Seen = z.object({ size: z.number(), mtimeMs: z.number(), ino: z.number() });
export type Seen = z.infer<typeof Seen>;

export const seenOf = ({ size, mtimeMs, ino }: Seen): Seen => ({ size, mtimeMs, ino });

export const isAsSeen = (seen: Seen | null, stat: FileStamp): boolean =>
  seen !== null && seen.mtimeMs === stat.mtimeMs && seen.size === stat.size && seen.ino === stat.ino;

const Wanted = z.object({
  path: z.string(),
  size: z.number(),
  content: Hash,
  executable: z.boolean(),
  md5: z.string().nullable(),
});

/** What happens to one file. */
const Step = z.object({
  path: z.string(),
  change: z.enum(['write', 'remove', 'mode']),
  /** Null for a file that is removed. */
  to: Wanted.nullable(),
  /** Null where nothing lies. */
  seen: Seen.nullable(),
  /** Its bytes are in no version: what lies there is kept. */
  keep: z.boolean(),
});
export type Step = z.infer<typeof Step>;

const Head = z.object({
  restore: z.literal(1),
  /** The data set, relative to the workspace. */
  path: z.string(),
  type: z.enum(['file', 'folder']),
  version: Hash,
  /** Folder for the files that are kept. */
  kept: z.string(),
});
export type PlanHead = Omit<z.infer<typeof Head>, 'restore'>;

/**
 * The journal of a restore: a head and one step a line, in path order. It takes its name once all that is needed to go
 * through with it lies beside it, and not one file has been touched before.
 */
export interface PlanDraft {
  readonly add: (step: Step) => void;
  /** All steps, once none is added any more. */
  readonly steps: () => Generator<Step, void>;
  /** Makes it durable: from here on, an interruption is followed by going on. */
  readonly commit: () => void;
  readonly close: () => void;
}

const NAME = 'plan.jsonl';
const DRAFT = 'plan.tmp';
const BUFFER_CHARACTERS = 1 << 16;

/** @param folder of this restore alone */
export const draftPlan = (folder: string, head: PlanHead): PlanDraft => {
  const file = openSync(join(folder, DRAFT), 'wx', 0o600);
  let place = join(folder, DRAFT);
  let waiting = `${JSON.stringify({ restore: 1, ...head })}\n`;
  let open = true;
  const flush = () => {
    writeWhole(file, Buffer.from(waiting));
    waiting = '';
  };
  const close = () => {
    if (open) closeSync(file);
    open = false;
  };
  return {
    add: (step) => {
      waiting += `${JSON.stringify(step)}\n`;
      if (waiting.length > BUFFER_CHARACTERS) flush();
    },
    steps: () => {
      if (open) flush();
      return readSteps(place, asWritten);
    },
    commit: () => {
      flush();
      fsyncSync(file);
      close();
      renameSync(place, join(folder, NAME));
      place = join(folder, NAME);
      syncFolder(folder);
    },
    close,
  };
};

export interface Plan extends PlanHead {
  readonly steps: () => Generator<Step, void>;
}

/** @returns null when the restore whose folder this is had not touched a file */
export const readPlan = (folder: string): Plan | null => readPlanAt(join(folder, NAME));

/** What of the files that a restore replaces and removes is kept: those that no version holds, or all of them. */
export type Keep = 'unstored' | 'all';

/** Of one restore, named by its time. @param kept folder of all of them */
export const keptFolder = (kept: string): string => join(kept, new Date().toISOString().replace(/[:.]/g, '-'));

const keptName = /^(\d{4}-\d\d-\d\dT\d\d)-(\d\d)-(\d\d)-(\d{3}Z)$/;

/** When the restore was whose folder is named so, in milliseconds since 1970. @returns null for a name of another sort */
export const keptAt = (name: string): number | null => {
  const at = Date.parse(name.replace(keptName, '$1:$2:$3.$4'));
  return keptName.test(name) && !Number.isNaN(at) ? at : null;
};

const JOURNAL = '.jsonl';

/** Beside the folder of what a restore has kept: its journal, by which it can be undone. */
export const journalOf = (kept: string): string => `${kept}${JOURNAL}`;

/** The folder that a journal is of; any other name as it is. */
export const keptNameOf = (name: string): string => (name.endsWith(JOURNAL) ? name.slice(0, -JOURNAL.length) : name);

/** Keeps the journal of a restore that is done. @param folder of this restore alone */
export const keepJournal = (folder: string, kept: string): void => renameSync(join(folder, NAME), journalOf(kept));

/** @returns null where no restore has kept its journal */
export const readJournal = (kept: string): Plan | null => readPlanAt(journalOf(kept));

const readPlanAt = (path: string): Plan | null => {
  const lines = linesOf(path);
  try {
    const first = lines.next();
    if (first.done === true) return null;
    return { ...Head.parse(JSON.parse(first.value)), steps: () => readSteps(path, (step) => Step.parse(step)) };
  } finally {
    lines.return();
  }
};

/** For steps that this very process has written: looking at each again takes longer than reading it. */
const asWritten = (step: unknown): Step => step as Step;

const readSteps = function* (path: string, parse: (step: unknown) => Step): Generator<Step, void> {
  const lines = linesOf(path);
  lines.next();
  for (const line of lines) yield parse(JSON.parse(line));
};

const linesOf = function* (path: string): Generator<string, void> {
  const file = openIfThere(path);
  if (file === null) return;
  const piece = Buffer.allocUnsafe(BUFFER_CHARACTERS);
  const decoder = new StringDecoder('utf8');
  let rest = '';
  try {
    for (let read = -1; read !== 0;) {
      read = readSync(file, piece, 0, piece.length, null);
      const lines = (rest + decoder.write(piece.subarray(0, read))).split('\n');
      rest = lines.pop() ?? '';
      yield* lines;
    }
  } finally {
    closeSync(file);
  }
};

const openIfThere = (path: string): number | null => ifThere(() => openSync(path, 'r'));
