import type { GateVerdict } from '../../contract/clearance.ts';
import type { Report } from '../../contract/report.ts';
import type { Training } from '../../contract/training.ts';
import { bootstrapPairedMean, type Estimate } from '../../statistics/bootstrap.ts';
import { bootstrapPairedConfusion } from '../../statistics/bootstrap-confusion.ts';
import { confusionScores, isConfusionScore } from '../../statistics/confusion-scores.ts';
import { mcnemar, rowsToDecide } from '../../statistics/mcnemar.ts';

/** What both models said of the same held-out rows. */
export interface PredictionPairs {
  readonly truth: readonly number[];
  readonly candidate: readonly number[];
  readonly champion: readonly number[];
  /** Number of classes; 0 for a regression. */
  readonly classes: number;
}

type Rule = Training['gates'][number];
type Judgement = Omit<GateVerdict, 'rule' | 'index'>;

/** A new model replaces the champion only when it is shown not to be worse by more than `by`. */
const DEFAULT_CONFIDENCE = 0.95;

const rowErrors: Readonly<Record<string, (truth: number, predicted: number) => number>> = {
  mae: (truth, predicted) => Math.abs(predicted - truth),
  mse: (truth, predicted) => (predicted - truth) ** 2,
};

/**
 * Non-inferiority on the same rows: the paired bootstrap interval of the difference decides.
 * Its lower end above −`by`: pass. Its upper end below: fail. Otherwise nobody can tell, and the sentence says how
 * many rows would do. Two models that answer alike on every row differ by exactly 0 and pass.
 */
export const compareWithChampion = (rule: Rule, report: Report, pairs: PredictionPairs | null): Judgement => {
  if (report.champion === null || pairs === null) return withoutChampion(report);
  const difference = pairedDifference(rule, pairs);
  if (difference === null) {
    return blank(
      'cannot_tell',
      `${rule.metric} cannot be compared row by row; use accuracy, f1_macro, mae or another that can.`,
    );
  }
  const figures = { value: difference.value, low: difference.low, high: difference.high, limit: -rule.by };
  const said = `It differs from v${report.champion.version} by ${signed(difference.value)} (interval ${signed(difference.low)} to ${signed(difference.high)}, ${pairs.truth.length} rows, paired).`;
  if (difference.low >= -rule.by) return { verdict: 'pass', reason: said, ...figures };
  if (difference.high < -rule.by) return { verdict: 'fail', reason: said, ...figures };
  return { verdict: 'cannot_tell', reason: `${said} ${whatWouldDecide(pairs)}`, ...figures };
};

const blank = (verdict: Judgement['verdict'], reason: string): Judgement => ({
  verdict,
  reason,
  value: null,
  low: null,
  high: null,
  limit: null,
});

const withoutChampion = (report: Report): Judgement =>
  report.championNote === null
    ? blank('pass', 'There is no champion yet, so there is nothing to be worse than.')
    : blank('cannot_tell', report.championNote);

/** Candidate less champion, turned so that more is better. Null for a metric that single rows do not determine. */
const pairedDifference = (rule: Rule, { truth, candidate, champion, classes }: PredictionPairs): Estimate | null => {
  // A one-sided question at this confidence uses the two-sided interval that leaves the same share below.
  const level = 2 * (rule.confidence ?? DEFAULT_CONFIDENCE) - 1;
  if (classes > 0 && isConfusionScore(rule.metric)) {
    const scores = { wanted: confusionScores[rule.metric] };
    return bootstrapPairedConfusion({ truth, first: candidate, second: champion, classes, scores, level }).wanted;
  }
  const error = rowErrors[rule.metric];
  if (classes > 0 || error === undefined) return null;
  const errorsOf = (predicted: readonly number[]) =>
    truth.map((value, row) => error(value, predicted[row] ?? Number.NaN));
  return bootstrapPairedMean(errorsOf(champion), errorsOf(candidate), { level });
};

const whatWouldDecide = ({ truth, candidate, champion, classes }: PredictionPairs): string => {
  if (classes === 0) return 'More held-out rows would decide, or a margin (`by`).';
  const wins = truth.filter((label, row) => candidate[row] === label && champion[row] !== label).length;
  const losses = truth.filter((label, row) => candidate[row] !== label && champion[row] === label).length;
  const rows = rowsToDecide(wins / truth.length, losses / truth.length);
  const { p } = mcnemar(wins, losses);
  const need = Number.isFinite(rows)
    ? `about ${Math.ceil(rows)} rows would decide`
    : 'no number of rows would show a difference this small';
  return `${wins} rows got better, ${losses} worse (McNemar p ${p.toPrecision(2)}); ${need}, or a margin (\`by\`).`;
};

const signed = (value: number): string => `${value < 0 ? '−' : '+'}${Math.abs(Number(value.toPrecision(3)))}`;
