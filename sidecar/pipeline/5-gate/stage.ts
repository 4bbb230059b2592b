import type { Clearance, GateVerdict } from '../../contract/clearance.ts';
import type { Report } from '../../contract/report.ts';
import { done, held, type Stage, type Start } from '../stage.ts';
import { judge, type PredictionPairs } from './judge.ts';

interface GateNeeds {
  /** Held-out predictions of the candidate and the champion, row by row, from the objects that the report names. */
  readonly pairs: (report: Report) => PredictionPairs | null;
}

const NOTHING_JUDGED = 'training.yaml has no gates, so nothing was judged. Add `gates:` to hold back a worse model.';

/** Judges every rule; all must pass. What cannot be told holds the run as well, with the reason. */
export const createGateStage = ({ pairs }: GateNeeds): Stage<Start & { report: Report }, { clearance: Clearance }> => ({
  name: 'gate',
  key: () => null,
  run: ({ training, report }, { log }) => {
    const paired = pairs(report);
    const verdicts = training.gates.map((rule, index) => judge(rule, index, report, paired));
    for (const verdict of verdicts)
      log(verdict.verdict === 'pass' ? 'info' : 'warn', `${verdict.rule}: ${verdict.reason}`);
    const clearance: Clearance = { verdicts, note: verdicts.length === 0 ? NOTHING_JUDGED : null };
    const holding = verdicts.filter((verdict) => verdict.verdict !== 'pass');
    return Promise.resolve(
      holding.length === 0 ? done({ clearance }, summary(verdicts)) : held({ clearance }, holding.map(reason)),
    );
  },
});

const summary = (verdicts: readonly GateVerdict[]): string =>
  verdicts.length === 0 ? NOTHING_JUDGED : `${verdicts.length} of ${verdicts.length} gates passed`;

const reason = ({ rule, verdict, reason: why }: GateVerdict): string =>
  `${rule}: ${verdict === 'fail' ? 'failed' : 'cannot tell'}. ${why}`;
