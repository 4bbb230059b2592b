import { describe, expect, test } from 'vitest';
import { RunId, StageName } from '../../sidecar/contract/ids.ts';
import { Nouns } from '../../sidecar/contract/run.ts';
import { cancelled } from '../../sidecar/faults.ts';
import { canonicalJson } from '../../sidecar/pipeline/pipeline.ts';
import type { Outcome, Stage, StageContext } from '../../sidecar/pipeline/stage.ts';

type Change<Needs> = (needs: Needs) => Needs;

/** A stage, what it needs at its place in the loop, and what it gave there. */
export interface StageCase<Needs, Gives> {
  readonly stage: Stage<Needs, Gives>;
  readonly needs: Needs;
  readonly outcome: Outcome<Gives>;
  /** Progress that it told while it worked. */
  readonly fractions: readonly (number | null)[];
}

interface Expectations<Needs> {
  /** Changes after which an earlier result must not be used again. Empty for a stage that never reuses. */
  readonly matters: Readonly<Record<string, Change<Needs>>>;
  /** Changes after which it may. */
  readonly indifferent: Readonly<Record<string, Change<Needs>>>;
  /** Needs under which it must work although it has worked before; null when it does no work that takes time. */
  readonly again: Change<Needs> | null;
}

const run = RunId.parse('r1');

/** A context that keeps the progress a stage tells. */
export const listeningContext = (signal = new AbortController().signal) => {
  const fractions: (number | null)[] = [];
  const context: StageContext = {
    run,
    signal,
    progress: (fraction) => void fractions.push(fraction),
    metrics: () => undefined,
    log: () => undefined,
  };
  return { context, fractions };
};

/** The same value, whose every part throws when something is written to it. */
export const frozen = <Value>(value: Value): Value => {
  if (typeof value !== 'object' || value === null) return value;
  for (const part of Object.values(value)) frozen(part);
  return Object.freeze(value);
};

const travelled = <Value>(value: Value): Value => JSON.parse(JSON.stringify(value)) as Value;

/** What every stage must do, whatever it makes. @param at the stage where the loop has come by it; called inside tests */
export const describeStage = <Needs, Gives extends object>(
  name: StageName,
  at: () => StageCase<Needs, Gives>,
  { matters, indifferent, again }: Expectations<Needs>,
): void => {
  const keyText = (needs: Needs) => canonicalJson(at().stage.key(needs));

  describe(`the stage ${name}`, () => {
    test('has the name that runs, events and pages know it by', () => {
      expect(at().stage.name).toBe(name);
      expect(StageName.options).toContain(name);
    });

    test('gives a noun of the contract, with nothing beside it, that a way through JSON does not change', () => {
      const { gives } = at().outcome;
      expect(Object.keys(gives)).toHaveLength(1);
      expect(Nouns.parse(gives)).toEqual(gives);
      expect(travelled(gives)).toStrictEqual(gives);
    });

    test('says in a few words what it gave', () => {
      const { outcome } = at();
      const said = outcome.status === 'held' ? outcome.reasons.join(' ') : outcome.note;
      expect(said).toMatch(/\w/);
    });

    test('has a key that is JSON and equal for equal needs, or none', () => {
      const { stage, needs } = at();
      const key = stage.key(needs);
      expect(travelled(key)).toStrictEqual(key);
      expect(keyText(structuredClone(needs))).toBe(keyText(needs));
      expect(keyText(travelled(needs))).toBe(keyText(needs));
      expect(key === null).toBe(Object.keys(matters).length === 0);
    });

    for (const [what, change] of Object.entries(matters)) {
      test(`is done again when ${what} differs`, () => {
        expect(keyText(change(at().needs))).not.toBe(keyText(at().needs));
      });
    }

    for (const [what, change] of Object.entries(indifferent)) {
      test(`is not done again when only ${what} differs`, () => {
        expect(keyText(change(at().needs))).toBe(keyText(at().needs));
      });
    }

    test('tells progress between 0 and 1 that never falls', () => {
      const known = at().fractions.filter((fraction) => fraction !== null);
      for (const fraction of known) {
        expect(fraction).toBeGreaterThanOrEqual(0);
        expect(fraction).toBeLessThanOrEqual(1);
      }
      expect(known).toEqual(known.toSorted((a, b) => a - b));
    });

    if (again === null) return;
    test('stops at once when it was aborted before it began, with the reason', async () => {
      const { stage, needs } = at();
      const reason = cancelled();
      const { context } = listeningContext(AbortSignal.abort(reason));
      await expect(stage.run(frozen(again(needs)), context)).rejects.toBe(reason);
    });
  });
};
