import type { DriftReport, FeatureDrift } from '../../sidecar/contract/watch.ts';
import { element, type Child } from '../shared/element.ts';
import { showInstant, showNumber, showP, UNKNOWN } from '../shared/format.ts';
import { table } from '../shared/table.ts';
import { drawTrend } from './trend.ts';
import { verdicts } from './verdicts.ts';

/** All watched features in one table, largest distance first. */
export const drawOverview = ({ features }: DriftReport): Child => {
  if (features.length === 0) return null;
  return [
    element('h2', {}, 'Features'),
    table({
      caption: 'Features',
      columns: [
        { title: 'feature' },
        { title: 'verdict' },
        { title: 'PSI', align: 'right' },
        { title: 'limit', align: 'right' },
        { title: 'trend' },
        { title: 'test' },
        { title: 'since' },
      ],
      rows: features.map(drawRow),
    }),
  ];
};

const drawRow = (feature: FeatureDrift): readonly Child[] => {
  const { sign, word, tone } = verdicts[feature.verdict];
  return [
    feature.feature,
    element('span', { class: tone }, `${sign} ${word}`),
    showNumber(feature.score),
    showNumber(feature.threshold),
    drawTrend(feature, { width: 96, height: 18 }),
    sayTest(feature),
    feature.since === null ? UNKNOWN : showInstant(feature.since),
  ];
};

/** The test that fits the kind of the feature; the distance decides, not the p-value. */
const sayTest = ({ scores }: FeatureDrift): string => {
  if (scores.ks !== null) return `KS ${showNumber(scores.ks.statistic)}, ${showP(scores.ks.p)}`;
  if (scores.chiSquare !== null) return `χ² ${showNumber(scores.chiSquare.statistic)}, ${showP(scores.chiSquare.p)}`;
  return UNKNOWN;
};
