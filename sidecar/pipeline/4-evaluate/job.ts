import type { Features } from '../../contract/features.ts';
import type { Hash } from '../../contract/ids.ts';
import type { Measure, Prediction, Report } from '../../contract/report.ts';
import { withoutRawColumns } from '../../datasets/feature-graph.ts';
import { openFeatures } from '../../datasets/feature-store.ts';
import { measureLatency, scoreRows } from '../../engines/onnx/score.ts';
import { modelInvalid } from '../../faults.ts';
import { createObjects, type Objects } from '../../versions/objects.ts';
import type { Job } from '../job.ts';
import { measureClassifier, type ClassifierMeasures } from './classification-measures.ts';
import { measureRegression } from './regression-measures.ts';

export interface EvaluateInput {
  readonly model: Hash;
  readonly features: Features;
  readonly champion: { readonly version: number; readonly model: Hash; readonly features: Features } | null;
  /** Metrics that are to be shown first. */
  readonly metrics: readonly string[];
  readonly objectsFolder: string;
  readonly featuresFolder: string;
}

type TestRows = ReturnType<ReturnType<typeof openFeatures>['source']>;

/** Scores held-out rows and measures. Every prediction is stored; a model with outputs that are not finite is refused. */
export const evaluateJob: Job<EvaluateInput, Report> = async (input, context) => {
  const objects = createObjects(input.objectsFolder);
  const rows = openFeatures(input.featuresFolder, input.features.hash).source('test');
  const truth = readTruth(rows, input.features);
  context.progress(0, `${rows.rows.toLocaleString('en')} held-out rows`);
  const model = withoutRawColumns(objects.get(input.model), input.features);
  const scored = await score(model, rows, truth, { features: input.features, signal: context.signal });
  const latencyMs = await measureLatency(model, rows, input.features.inputShape);
  context.progress(0.7, 'measured');
  const champion = await scoreChampion(input, { objects, rows, truth, signal: context.signal });
  return {
    rows: rows.rows,
    measures: inOrder(scored.measures, input.metrics),
    classes: scored.classes,
    confusion: scored.confusion,
    calibration: scored.calibration,
    predictions: storePredictions(objects, rows, truth, scored),
    latencyMs,
    ...champion,
  };
};

type Scored = Omit<ClassifierMeasures, 'predicted' | 'confidence'> & {
  readonly predicted: ArrayLike<number>;
  readonly confidence: ArrayLike<number> | null;
};

const score = async (
  model: Uint8Array,
  rows: TestRows,
  truth: Float32Array,
  { features, signal }: { features: Features; signal: AbortSignal },
): Promise<Scored> => {
  const outputs = features.task === 'classification' ? features.classes.length : 1;
  const values = await scoreRows(model, rows, { inputShape: features.inputShape, outputs, signal });
  const broken = values.findIndex((value) => !Number.isFinite(value));
  if (broken >= 0)
    throw modelInvalid(
      `it answers ${String(values[broken])} for ${rows.names[Math.floor(broken / outputs)] ?? 'a row'}`,
    );
  if (features.task === 'classification')
    return measureClassifier({ truth, probabilities: values, classes: features.classes });
  return {
    measures: measureRegression(truth, values),
    classes: [],
    confusion: null,
    calibration: [],
    predicted: values,
    confidence: null,
  };
};

const readTruth = (rows: TestRows, { inputShape }: Features): Float32Array => {
  const width = inputShape.reduce((product, size) => product * size, 1);
  const truth = new Float32Array(rows.rows);
  const chunk = Math.max(1, Math.floor((1 << 22) / width));
  for (let from = 0; from < rows.rows; from += chunk) {
    const count = Math.min(chunk, rows.rows - from);
    const indices = Uint32Array.from({ length: count }, (_, at) => from + at);
    rows.read(indices, new Float32Array(count * width), truth.subarray(from, from + count));
  }
  return truth;
};

const storePredictions = (objects: Objects, rows: TestRows, truth: Float32Array, scored: Scored): Hash => {
  const predictions: Prediction[] = Array.from(truth, (label, row) => ({
    row: rows.names[row] ?? `row ${row}`,
    truth: label,
    predicted: scored.predicted[row] ?? Number.NaN,
    confidence: scored.confidence?.[row] ?? null,
  }));
  return objects.put(Buffer.from(JSON.stringify(predictions)));
};

type ChampionPart = Pick<Report, 'champion' | 'championNote'>;

interface HeldOut {
  readonly objects: Objects;
  readonly rows: TestRows;
  readonly truth: Float32Array;
  readonly signal: AbortSignal;
}

const scoreChampion = async (
  { champion, features }: EvaluateInput,
  { objects, rows, truth, signal }: HeldOut,
): Promise<ChampionPart> => {
  if (champion === null) return { champion: null, championNote: null };
  const why = difference(champion.features, features);
  if (why !== null)
    return {
      champion: null,
      championNote: `The champion v${champion.version} cannot be scored on these rows: ${why}.`,
    };
  const scored = await score(withoutRawColumns(objects.get(champion.model), champion.features), rows, truth, {
    features,
    signal,
  });
  const predictions = storePredictions(objects, rows, truth, scored);
  return { champion: { version: champion.version, measures: scored.measures, predictions }, championNote: null };
};

/** Why two models cannot read the same rows; null when they can. */
const difference = (theirs: Features, ours: Features): string | null => {
  if (theirs.task !== ours.task) return `it is a ${theirs.task}`;
  if (theirs.inputShape.join() !== ours.inputShape.join())
    return `it takes [${theirs.inputShape.join(', ')}], not [${ours.inputShape.join(', ')}]`;
  if (theirs.classes.join('\n') !== ours.classes.join('\n')) return 'it knows other classes';
  return JSON.stringify(theirs.columns) === JSON.stringify(ours.columns)
    ? null
    : 'it encodes the columns in another way';
};

const inOrder = (measures: readonly Measure[], wanted: readonly string[]): Measure[] => [
  ...wanted.flatMap((name) => measures.filter((measure) => measure.name === name)),
  ...measures.filter((measure) => !wanted.includes(measure.name)),
];
