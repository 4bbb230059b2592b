import type { DriftReport, FeatureDrift } from '../../sidecar/contract/watch.ts';
import { element, type Child } from '../shared/element.ts';
import { showNumber, showP } from '../shared/format.ts';
import { drawHistogram, type Histograms } from '../shared/histogram.ts';
import { verdicts } from './verdicts.ts';

/** Each feature in full: inputs and predictions apart, since they mean different things. */
export const drawFeatures = ({ features }: DriftReport): Child => {
  if (features.length === 0) {
    return element(
      'p',
      { class: 'muted' },
      'Nothing to compare yet: the first window closes after some rows or some time, as monitor.window_rows and monitor.window say.',
    );
  }
  const inputs = features.filter(({ kind }) => kind === 'input');
  const predictions = features.filter(({ kind }) => kind === 'prediction');
  return [group('Inputs', inputs), group('Predictions', predictions)];
};

const group = (heading: string, features: readonly FeatureDrift[]): Child =>
  features.length === 0 ? null : [element('h2', { class: 'section' }, heading), features.map(drawFeature)];

const drawFeature = (feature: FeatureDrift): HTMLElement => {
  const { sign, word, tone } = verdicts[feature.verdict];
  return element(
    'article',
    { class: `feature ${feature.verdict}`, label: `${feature.feature}, ${word}` },
    element(
      'div',
      { class: 'feature-head' },
      element('h3', {}, feature.feature),
      element('span', { class: `chip ${tone}` }, `${sign} ${word}`),
    ),
    element(
      'div',
      { class: 'feature-body' },
      element(
        'div',
        {},
        element('p', {}, feature.sentence),
        feature.advice === null ? null : element('p', { class: 'advice' }, feature.advice),
        element(
          'dl',
          { class: 'figures' },
          figuresOf(feature).map(([name, value]) => [element('dt', {}, name), element('dd', {}, value)]),
        ),
      ),
      feature.bins.length === 0 ? null : drawHistogram(histogramsOf(feature)),
    ),
  );
};

const histogramsOf = ({ feature, bins, reference, current }: FeatureDrift): Histograms => ({
  subject: feature,
  bins,
  before: { name: 'reference', shares: reference },
  now: { name: 'newest window', shares: current },
  width: 520,
  height: 130,
});

const figuresOf = ({ score, threshold, scores }: FeatureDrift): readonly (readonly [string, string])[] => [
  ['PSI', `${showNumber(score)} (limit ${showNumber(threshold)})`],
  ...(scores.jensenShannon === null ? [] : [['Jensen–Shannon', showNumber(scores.jensenShannon)] as const]),
  ...(scores.ks === null
    ? []
    : [['Kolmogorov–Smirnov', `${showNumber(scores.ks.statistic)}, ${showP(scores.ks.p)}`] as const]),
  ...(scores.chiSquare === null
    ? []
    : [['chi-square', `${showNumber(scores.chiSquare.statistic)}, ${showP(scores.chiSquare.p)}`] as const]),
];
