import type { RunId } from '../contract/ids.ts';
import type { Prediction, Report } from '../contract/report.ts';
import { RunSummary, type Comparison, type Curve, type Run } from '../contract/run.ts';
import type { Estimate } from '../statistics/bootstrap.ts';
import { bootstrapPairedConfusion } from '../statistics/bootstrap-confusion.ts';
import { confusionScores } from '../statistics/confusion-scores.ts';
import { mcnemar } from '../statistics/mcnemar.ts';
import { flattenTraining } from './changes.ts';

interface CompareNeeds {
  readonly runs: readonly Run[];
  readonly curves: readonly Curve[];
  readonly predictions: (report: Report) => readonly Prediction[];
  /** File-level difference to the base's data in words, by run, where the versions differ. */
  readonly dataDifferences: Readonly<Record<string, string>>;
}

type MetricRow = Comparison['metrics'][number];
type MetricCell = MetricRow['values'][number];

/** Two to eight runs side by side; the first is the base of every difference. */
export const compareRuns = (needs: CompareNeeds): Comparison => {
  const [base, ...others] = needs.runs;
  if (base === undefined) throw new RangeError('There is nothing to compare.');
  const pairs = others.map((other) => pairRuns(base, other, needs.predictions));
  const metrics = metricRows(
    needs.runs,
    pairs.map((paired) => (paired === null ? {} : pairedDifferences(paired))),
  );
  const predictions = pairs.flatMap((paired) => (paired === null ? [] : [flips(paired)]));
  return {
    runs: needs.runs.map((run) => RunSummary.parse(run)),
    metrics,
    parameters: parameterRows(needs.runs),
    fingerprints: needs.runs.map((run) => run.fingerprints),
    predictions,
    data: needs.runs.map((run) => ({
      run: run.id,
      dataset: datasetName(run),
      difference: dataSentence(base, run, needs),
    })),
    code: needs.runs.map((run) => ({
      run: run.id,
      commit: run.nouns.dataset?.code.commit ?? null,
      dirty: run.nouns.dataset?.code.dirty ?? false,
      difference: codeSentence(base, run),
    })),
    curves: [...needs.curves],
    summary: summarize(base, others, metrics, predictions),
  };
};

/** @param paired for each run after the base, the paired difference of metrics that single rows determine */
const metricRows = (runs: readonly Run[], paired: readonly PairedDifferences[]): MetricRow[] => {
  const measures = runs.map((run) => run.nouns.report?.measures ?? []);
  const names = [...new Set(measures.flatMap((list) => list.map((measure) => measure.name)))];
  return names.map((name) => {
    const found = measures.map((list) => list.find((measure) => measure.name === name));
    const better = found.find((measure) => measure !== undefined)?.better ?? 'higher';
    const base = found[0];
    const values = found.map((measure, at) =>
      cell({ measure, base: at === 0 ? undefined : base, better, difference: paired[at - 1]?.[name] }),
    );
    return { name, better, values };
  });
};

type Measure = Report['measures'][number];

interface CellNeeds {
  readonly measure: Measure | undefined;
  readonly base: Measure | undefined;
  readonly better: 'higher' | 'lower';
  readonly difference: Estimate | undefined;
}

const cell = ({ measure, base, better, difference }: CellNeeds): MetricCell => {
  if (measure === undefined) return { value: null, low: null, high: null, delta: null, verdict: null };
  const { value, low, high } = measure;
  const before = base?.value ?? null;
  if (base === undefined || value === null || before === null) return { value, low, high, delta: null, verdict: null };
  const verdict = difference === undefined ? verdictOf(measure, base, better) : pairedVerdict(difference, better);
  return { value, low, high, delta: value - before, verdict };
};

/** On the same rows: better or worse where the 95 % interval of the paired difference leaves 0 out. */
const pairedVerdict = ({ value, low, high }: Estimate, better: 'higher' | 'lower'): MetricCell['verdict'] => {
  if (value === 0 && low === 0 && high === 0) return 'same';
  if (low > 0) return better === 'higher' ? 'better' : 'worse';
  if (high < 0) return better === 'higher' ? 'worse' : 'better';
  return 'cannot_tell';
};

/** On different rows: only where the two 95 % intervals do not touch, a careful rule. */
const verdictOf = (measure: Measure, base: Measure, better: 'higher' | 'lower'): MetricCell['verdict'] => {
  if (measure.value === base.value) return 'same';
  if (measure.low === null || measure.high === null || base.low === null || base.high === null) return 'cannot_tell';
  if (measure.low > base.high) return better === 'higher' ? 'better' : 'worse';
  if (measure.high < base.low) return better === 'higher' ? 'worse' : 'better';
  return 'cannot_tell';
};

const parameterRows = (runs: readonly Run[]): Comparison['parameters'] => {
  const leaves = runs.map((run) => flattenTraining(run.training));
  const names = [...new Set(leaves.flatMap((map) => [...map.keys()]))].sort();
  return names.map((name) => {
    const values = leaves.map((map) => map.get(name) ?? null);
    return { name, values, differs: new Set(values).size > 1 };
  });
};

/** Two classifiers on the rows that both scored. */
interface PairedRuns {
  readonly other: Run;
  readonly labels: readonly string[];
  readonly rows: readonly { readonly earlier: Prediction; readonly after: Prediction }[];
}

/** Null where the runs have no row in common, or predict numbers. */
const pairRuns = (base: Run, other: Run, predictions: CompareNeeds['predictions']): PairedRuns | null => {
  const labels = other.nouns.features?.classes ?? [];
  if (base.nouns.report === undefined || other.nouns.report === undefined || labels.length === 0) return null;
  const before = new Map(predictions(base.nouns.report).map((prediction) => [prediction.row, prediction]));
  const rows = predictions(other.nouns.report).flatMap((after) => {
    const earlier = before.get(after.row);
    return earlier === undefined || earlier.truth !== after.truth ? [] : [{ earlier, after }];
  });
  return rows.length === 0 ? null : { other, labels, rows };
};

type PairedDifferences = Readonly<Record<string, Estimate>>;

/** Resamples for a verdict that a person reads, not one that a gate decides. */
const RESAMPLES = 500;

/** Nothing where the runs were not scored on exactly the same rows: their metrics then speak of different rows. */
const pairedDifferences = ({ other, labels, rows }: PairedRuns): PairedDifferences => {
  if (rows.length !== other.nouns.report?.rows) return {};
  return bootstrapPairedConfusion({
    truth: rows.map(({ after }) => after.truth),
    first: rows.map(({ after }) => after.predicted),
    second: rows.map(({ earlier }) => earlier.predicted),
    classes: labels.length,
    scores: confusionScores,
    resamples: RESAMPLES,
  });
};

const EXAMPLES = 24;

/** Predictions that changed between two runs. */
const flips = ({ other, labels, rows }: PairedRuns): Comparison['predictions'][number] => {
  const right = ({ truth, predicted }: Prediction) => truth === predicted;
  const fixed = rows.filter(({ earlier, after }) => !right(earlier) && right(after));
  const broken = rows.filter(({ earlier, after }) => right(earlier) && !right(after));
  const label = (index: number) => labels[index] ?? String(index);
  const example = (kind: 'fixed' | 'broken') => (pair: PairedRuns['rows'][number]) => ({
    row: pair.after.row,
    truth: label(pair.after.truth),
    base: label(pair.earlier.predicted),
    other: label(pair.after.predicted),
    kind,
  });
  return {
    run: other.id,
    rows: rows.length,
    fixed: fixed.length,
    broken: broken.length,
    p: mcnemar(broken.length, fixed.length).p,
    examples: [...broken.slice(0, EXAMPLES).map(example('broken')), ...fixed.slice(0, EXAMPLES).map(example('fixed'))],
  };
};

const datasetName = (run: Run): string => {
  const dataset = run.nouns.dataset?.dataset;
  return dataset === undefined ? '–' : `${dataset.name}@v${dataset.version}`;
};

const dataSentence = (base: Run, run: Run, { dataDifferences }: CompareNeeds): string => {
  const before = base.nouns.dataset?.dataset;
  const after = run.nouns.dataset?.dataset;
  if (before === undefined || after === undefined) return 'not versioned';
  if (before.hash === after.hash) return 'same bytes';
  return dataDifferences[run.id] ?? 'another data set';
};

const codeSentence = (base: Run, run: Run): string => {
  const before = base.nouns.dataset?.code;
  const after = run.nouns.dataset?.code;
  if (before === undefined || after === undefined) return 'not recorded';
  if (before.commit !== after.commit) return 'another commit';
  if (before.patch !== after.patch) return 'other uncommitted changes';
  return 'same code';
};

const summarize = (
  base: Run,
  others: readonly Run[],
  metrics: readonly MetricRow[],
  predictions: Comparison['predictions'],
): string => {
  const row = metrics.find((metric) => metric.name === base.metric?.name) ?? metrics[0];
  if (row === undefined) return 'No run has been evaluated yet.';
  return others.map((run, index) => clause(run.id, base.id, row, row.values[index + 1], predictions)).join(' ');
};

const words = {
  better: 'is better than',
  worse: 'is worse than',
  same: 'equals',
  cannot_tell: 'cannot be told from',
} as const;

const clause = (
  run: RunId,
  base: RunId,
  row: MetricRow,
  value: MetricCell | undefined,
  predictions: Comparison['predictions'],
): string => {
  if (value?.delta == null || value.verdict === null) return `${run} has no ${row.name}.`;
  const flip = predictions.find((one) => one.run === run);
  const changed = flip === undefined ? '' : `; ${flip.fixed} predictions fixed, ${flip.broken} broken`;
  const sign = value.delta < 0 ? '−' : '+';
  return `${run} ${words[value.verdict]} ${base} on ${row.name} (${sign}${Math.abs(value.delta).toPrecision(3)}${changed}).`;
};
