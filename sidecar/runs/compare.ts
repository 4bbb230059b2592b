import type { RunId } from '../contract/ids.ts';
import type { Prediction, Report } from '../contract/report.ts';
import { RunSummary, type Comparison, type Curve, type Run } from '../contract/run.ts';
import { mcnemar } from '../statistics/mcnemar.ts';
import { flattenTraining } from './changes.ts';

interface CompareNeeds {
  readonly runs: readonly Run[];
  readonly curves: readonly Curve[];
  readonly predictions: (report: Report) => readonly Prediction[];
  /** File-level difference to the base's data in words, by run, where the versions differ. */
  readonly dataDifferences: ReadonlyMap<string, string>;
}

type MetricRow = Comparison['metrics'][number];
type MetricCell = MetricRow['values'][number];

/** Two to eight runs side by side; the first is the base of every difference. */
export const compareRuns = (needs: CompareNeeds): Comparison => {
  const [base, ...others] = needs.runs;
  if (base === undefined) throw new RangeError('There is nothing to compare.');
  const metrics = metricRows(needs.runs);
  const predictions = others.flatMap((other) => flips(base, other, needs.predictions));
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

const metricRows = (runs: readonly Run[]): MetricRow[] => {
  const measures = runs.map((run) => run.nouns.report?.measures ?? []);
  const names = [...new Set(measures.flatMap((list) => list.map((measure) => measure.name)))];
  return names.map((name) => {
    const found = measures.map((list) => list.find((measure) => measure.name === name));
    const better = found.find((measure) => measure !== undefined)?.better ?? 'higher';
    const base = found[0];
    return { name, better, values: found.map((measure, at) => cell(measure, at === 0 ? undefined : base, better)) };
  });
};

type Measure = Report['measures'][number];

const cell = (measure: Measure | undefined, base: Measure | undefined, better: 'higher' | 'lower'): MetricCell => {
  if (measure === undefined) return { value: null, low: null, high: null, delta: null, verdict: null };
  const { value, low, high } = measure;
  const before = base?.value ?? null;
  if (base === undefined || value === null || before === null) return { value, low, high, delta: null, verdict: null };
  return { value, low, high, delta: value - before, verdict: verdictOf(measure, base, better) };
};

/** Better or worse only where the two 95 % intervals do not touch: a careful rule that needs no rows in common. */
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

const EXAMPLES = 24;

/** Predictions that changed between two runs, on the rows both scored; nothing where no row is shared. */
const flips = (base: Run, other: Run, predictions: CompareNeeds['predictions']): Comparison['predictions'] => {
  const labels = other.nouns.features?.classes ?? [];
  if (base.nouns.report === undefined || other.nouns.report === undefined || labels.length === 0) return [];
  const before = new Map(predictions(base.nouns.report).map((prediction) => [prediction.row, prediction]));
  const pairs = predictions(other.nouns.report).flatMap((after) => {
    const earlier = before.get(after.row);
    return earlier === undefined || earlier.truth !== after.truth ? [] : [{ earlier, after }];
  });
  if (pairs.length === 0) return [];
  const right = ({ truth, predicted }: Prediction) => truth === predicted;
  const fixed = pairs.filter(({ earlier, after }) => !right(earlier) && right(after));
  const broken = pairs.filter(({ earlier, after }) => right(earlier) && !right(after));
  const label = (index: number) => labels[index] ?? String(index);
  const example = (kind: 'fixed' | 'broken') => (pair: (typeof pairs)[number]) => ({
    row: pair.after.row,
    truth: label(pair.after.truth),
    base: label(pair.earlier.predicted),
    other: label(pair.after.predicted),
    kind,
  });
  return [
    {
      run: other.id,
      rows: pairs.length,
      fixed: fixed.length,
      broken: broken.length,
      p: mcnemar(broken.length, fixed.length).p,
      examples: [
        ...broken.slice(0, EXAMPLES).map(example('broken')),
        ...fixed.slice(0, EXAMPLES).map(example('fixed')),
      ],
    },
  ];
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
  return dataDifferences.get(run.id) ?? 'another data set';
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
