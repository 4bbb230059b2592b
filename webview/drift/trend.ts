import type { FeatureDrift } from '../../sidecar/contract/watch.ts';
import { element, shape } from '../shared/element.ts';
import { showNumber } from '../shared/format.ts';

/** The distance of the last windows, oldest first, with the limit as a dashed line. */
export const drawTrend = (
  { trend, threshold, feature }: FeatureDrift,
  { width, height }: { width: number; height: number },
): Element => {
  if (trend.length < 2) return element('span', { class: 'muted' }, 'too few windows');
  const scores = trend.map(({ score }) => score);
  const top = Math.max(threshold, ...scores) * 1.1 || 1;
  const y = (score: number) => height - (score / top) * height;
  const x = (index: number) => (index / (scores.length - 1)) * width;
  const label = `PSI of ${feature} in the last ${trend.length} windows: from ${showNumber(scores[0] ?? null)} to ${showNumber(scores.at(-1) ?? null)}, limit ${showNumber(threshold)}`;
  return shape(
    'svg',
    { width, height, viewBox: `0 0 ${width} ${height}`, role: 'img', 'aria-label': label },
    shape('line', { class: 'trend-limit', x1: 0, x2: width, y1: y(threshold), y2: y(threshold) }),
    shape('polyline', {
      class: 'trend-line',
      points: scores.map((score, index) => `${x(index)},${y(score)}`).join(' '),
    }),
  );
};
