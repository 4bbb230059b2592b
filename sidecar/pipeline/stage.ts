import type { RunId, StageName } from '../contract/ids.ts';
import type { Training } from '../contract/training.ts';
import type { JobContext } from './job.ts';

export interface StageContext extends JobContext {
  readonly run: RunId;
}

/** What every run begins with. */
export interface Start {
  /** Experiment name, resolved; also the default name of the model. */
  readonly experiment: string;
  readonly training: Training;
  /** Folder that paths of the configuration are relative to. */
  readonly root: string;
  readonly promote: boolean;
  /** Whether an interrupted training goes on from its checkpoint; left out: where there is one. */
  readonly continuing?: 'never' | 'must';
}

/** *Held* is an outcome, not an error: the run stops here, with reasons, and what was found is kept. */
export type Outcome<Gives> =
  | { readonly status: 'done'; readonly gives: Gives; readonly note?: string }
  /** There is nothing for later stages to do, and that is no failure: a command that left no model. */
  | { readonly status: 'ended'; readonly gives: Gives; readonly note: string }
  | { readonly status: 'held'; readonly gives: Gives; readonly reasons: readonly string[] };

export interface Stage<Needs, Gives> {
  readonly name: StageName;
  /** Everything that must be equal for an earlier result to be reused; null when it never is. */
  readonly key: (needs: Needs) => readonly unknown[] | null;
  readonly run: (needs: Needs, context: StageContext) => Promise<Outcome<Gives>>;
}

export const done = <Gives>(gives: Gives, note?: string): Outcome<Gives> =>
  note === undefined ? { status: 'done', gives } : { status: 'done', gives, note };

export const ended = <Gives>(gives: Gives, note: string): Outcome<Gives> => ({ status: 'ended', gives, note });

export const held = <Gives>(gives: Gives, reasons: readonly string[]): Outcome<Gives> => ({
  status: 'held',
  gives,
  reasons,
});
