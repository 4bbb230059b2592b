import { createHash } from 'node:crypto';
import type { StageName } from '../contract/ids.ts';
import type { Outcome, Stage, StageContext } from './stage.ts';

/** A stage whose types have been checked on the way in; what it needs is in the record by then. */
type AnyStage = Stage<never, object>;

/** Stages in order. What each gives is added to what the next may need, so a misplaced stage does not compile. */
export interface Pipeline<Has> {
  readonly stages: readonly AnyStage[];
  readonly through: <Needs, Gives extends object>(
    stage: Has extends Needs ? Stage<Needs, Gives> : never,
  ) => Pipeline<Has & Gives>;
}

export const startPipeline = <Start>(): Pipeline<Start> => extend<Start>([]);

const extend = <Has>(stages: readonly AnyStage[]): Pipeline<Has> => ({
  stages,
  through: <Needs, Gives extends object>(stage: Has extends Needs ? Stage<Needs, Gives> : never) =>
    extend<Has & Gives>([...stages, stage]),
});

export interface Walk {
  /** Last stage to go through. */
  readonly until: StageName;
  readonly context: (stage: StageName) => StageContext;
  /** An earlier result under the same key, if there is one. */
  readonly recall: (stage: StageName, key: string) => object | undefined;
  readonly keep: (stage: StageName, key: string, gives: object) => void;
  readonly began: (stage: StageName) => void;
  readonly ended: (stage: StageName, outcome: Outcome<object>, manner: 'done' | 'reused' | 'ended' | 'held') => void;
}

/**
 * Goes through the stages from `start`.
 * @returns the reasons when a stage held the run; an empty list when all went through.
 */
export const walkPipeline = async <Has>(
  pipeline: Pipeline<Has>,
  start: object,
  walk: Walk,
): Promise<readonly string[]> => {
  let has = start;
  for (const stage of pipeline.stages) {
    walk.context(stage.name).signal.throwIfAborted();
    walk.began(stage.name);
    const key = keyOf(stage, has);
    const recalled = key === null ? undefined : walk.recall(stage.name, key);
    if (recalled !== undefined) {
      walk.ended(stage.name, { status: 'done', gives: recalled }, 'reused');
      has = { ...has, ...recalled };
    } else {
      const outcome = await stage.run(has as never, walk.context(stage.name));
      if (outcome.status === 'done' && key !== null) walk.keep(stage.name, key, outcome.gives);
      walk.ended(stage.name, outcome, outcome.status);
      if (outcome.status === 'held') return outcome.reasons;
      if (outcome.status === 'ended') return [];
      has = { ...has, ...outcome.gives };
    }
    if (stage.name === walk.until) break;
  }
  return [];
};

const keyOf = (stage: AnyStage, has: object): string | null => {
  const parts = stage.key(has as never);
  return parts === null
    ? null
    : createHash('sha256')
        .update(canonicalJson([stage.name, ...parts]))
        .digest('hex');
};

/** JSON with the keys of every object in order, so that equal values have equal text. */
export const canonicalJson = (value: unknown): string =>
  JSON.stringify(value, (_name, part: unknown) =>
    part !== null && typeof part === 'object' && !Array.isArray(part)
      ? Object.fromEntries(Object.entries(part).sort(([a], [b]) => (a < b ? -1 : 1)))
      : part,
  );
