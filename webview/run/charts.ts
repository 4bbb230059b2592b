import type { RunContent } from '../contract/run.ts';
import type { ChartContent } from '../shared/chart.ts';
import { betterOf, splitMetric } from '../shared/metric-names.ts';

/** One chart for each thing that is measured, with a line for each part of the rows it is measured on. */
export const chartsOf = ({ curves }: RunContent): readonly ChartContent[] => {
  const measures = [...new Set(curves.map(({ name }) => splitMetric(name).measure))];
  return measures.toSorted(byInterest).map((measure) => ({
    title: measure.replaceAll('_', ' '),
    x: 'step',
    better: betterOf(measure),
    lines: curves
      .filter(({ name }) => splitMetric(name).measure === measure)
      .map(({ name, points }) => {
        const { rows } = splitMetric(name);
        return { name: rows === '' ? measure.replaceAll('_', ' ') : rows, color: colorOf(rows), points };
      }),
  }));
};

/** The newest value of each curve, by the name of the metric. */
export const lastValues = (curves: RunContent['curves']): readonly (readonly [name: string, value: number])[] =>
  curves.flatMap(({ name, points }) => {
    const last = points.at(-1);
    return last === undefined ? [] : [[name, last[1]] as const];
  });

/** Loss and accuracy first: they tell whether it learns. */
const order = ['loss', 'accuracy'];

const byInterest = (left: string, right: string): number => rank(left) - rank(right) || left.localeCompare(right);

const rank = (measure: string): number => (order.includes(measure) ? order.indexOf(measure) : order.length);

const colorOf = (rows: string): number => (rows === 'val' || rows === 'validation' ? 1 : rows === 'test' ? 2 : 0);
