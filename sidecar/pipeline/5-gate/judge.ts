import type { GateVerdict, Verdict } from '../../contract/clearance.ts';
import type { Measure, Report } from '../../contract/report.ts';
import type { Training } from '../../contract/training.ts';
import { wilsonInterval } from '../../statistics/proportion.ts';
import { compareWithChampion, type PredictionPairs } from './compare-with-champion.ts';

export type { PredictionPairs } from './compare-with-champion.ts';
export type GateRule = Training['gates'][number];

type Judgement = Omit<GateVerdict, 'rule' | 'index'>;

/** Judges one rule: pass, fail, or cannot tell, with a sentence that carries the figures. */
export const judge = (rule: GateRule, index: number, report: Report, pairs: PredictionPairs | null): GateVerdict => ({
  rule: describeRule(rule),
  index,
  ...judgement(rule, report, pairs),
});

const judgement = (rule: GateRule, report: Report, pairs: PredictionPairs | null): Judgement => {
  if (rule.not_worse_than !== undefined) return compareWithChampion(rule, report, pairs);
  const measure = findMeasure(rule, report);
  if (typeof measure === 'string') return undecided('fail', measure);
  if (measure.value === null) return undecided('fail', `${measure.name} is undefined on these ${measure.rows} rows.`);
  return rule.at_least === undefined
    ? judgeLimit(measure, rule.at_most ?? Number.NaN, 'at most', rule.confidence)
    : judgeLimit(measure, rule.at_least, 'at least', rule.confidence);
};

/** The rule as a person writes it: `accuracy ≥ 0.97`, `recall of class 9 ≥ 0.9`. */
export const describeRule = (rule: GateRule): string => {
  const slice = Object.entries(rule.slice ?? {}).map(([name, value]) => ` of ${name} ${value}`);
  const subject = rule.metric + slice.join('');
  const sure = rule.confidence === undefined ? '' : ` at ${Math.round(rule.confidence * 1000) / 10} % confidence`;
  if (rule.at_least !== undefined) return `${subject} ≥ ${rule.at_least}${sure}`;
  if (rule.at_most !== undefined) return `${subject} ≤ ${rule.at_most}${sure}`;
  return `${subject} not worse than the champion${rule.by > 0 ? ` by ${rule.by}` : ''}${sure}`;
};

const undecided = (verdict: Verdict, reason: string): Judgement => ({
  verdict,
  reason,
  value: null,
  low: null,
  high: null,
  limit: null,
});

/** The measure that a rule speaks of, or a sentence that says why there is none. */
const findMeasure = (rule: GateRule, report: Report): Measure | string => {
  if (rule.slice !== undefined) return findSlice(rule.metric, rule.slice, report);
  if (rule.metric === 'latency_p50_ms') return latency(rule.metric, report.latencyMs.p50);
  if (rule.metric === 'latency_p95_ms') return latency(rule.metric, report.latencyMs.p95);
  const found = report.measures.find((measure) => measure.name === rule.metric);
  return found ?? `The report has no ${rule.metric}; it has ${report.measures.map(({ name }) => name).join(', ')}.`;
};

const latency = (name: string, value: number): Measure => ({
  name,
  value,
  low: null,
  high: null,
  rows: 0,
  better: 'lower',
});

const findSlice = (
  metric: string,
  slice: Readonly<Record<string, string | number>>,
  report: Report,
): Measure | string => {
  const wanted = slice['class'];
  if (wanted === undefined || Object.keys(slice).length !== 1) {
    return `Slices by ${Object.keys(slice).join(', ')} are not in this version; use {class: …}.`;
  }
  const found = report.classes.find((one) => one.class === String(wanted));
  if (found === undefined)
    return `There is no class ${wanted}; classes are ${report.classes.map((one) => one.class).join(', ')}.`;
  if (metric === 'recall') {
    const interval = wilsonInterval(Math.round((found.recall ?? 0) * found.support), found.support);
    return {
      name: metric,
      value: found.recall,
      low: interval.low,
      high: interval.high,
      rows: found.support,
      better: 'higher',
    };
  }
  if (metric === 'precision' || metric === 'f1') {
    return { name: metric, value: found[metric], low: null, high: null, rows: found.support, better: 'higher' };
  }
  return `A class has precision, recall and f1, not ${metric}.`;
};

const judgeLimit = (
  measure: Measure,
  limit: number,
  side: 'at least' | 'at most',
  confidence: number | undefined,
): Judgement => {
  const value = measure.value ?? Number.NaN;
  const figures = { value, low: measure.low, high: measure.high, limit };
  const said = `It is ${round(value)}${intervalText(measure)}; ${side} ${limit} is asked.`;
  const meets = (number: number) => (side === 'at least' ? number >= limit : number <= limit);
  if (confidence === undefined) return { verdict: meets(value) ? 'pass' : 'fail', reason: said, ...figures };
  if (measure.low === null || measure.high === null) {
    return {
      verdict: 'cannot_tell',
      reason: `${said} No interval is known for it, so confidence cannot be asked.`,
      ...figures,
    };
  }
  if (Math.abs(confidence - 0.95) > 1e-9) {
    return { verdict: 'cannot_tell', reason: `${said} Intervals are kept at 95 %; ask for 0.95.`, ...figures };
  }
  const [unlucky, lucky] = side === 'at least' ? [measure.low, measure.high] : [measure.high, measure.low];
  if (meets(unlucky)) return { verdict: 'pass', reason: said, ...figures };
  if (!meets(lucky)) return { verdict: 'fail', reason: said, ...figures };
  return {
    verdict: 'cannot_tell',
    reason: `${said} The interval reaches across the limit; more held-out rows would decide.`,
    ...figures,
  };
};

const intervalText = ({ low, high, rows }: Measure): string =>
  low === null || high === null ? '' : ` (95 % interval ${round(low)} to ${round(high)}, ${rows} rows)`;

const round = (value: number): string => String(Number(value.toPrecision(4)));
