import type { ComparisonContent } from '../contract/comparison.ts';
import type { ChartContent } from '../shared/chart.ts';
import { betterOf } from '../shared/metric-names.ts';

/** One chart a metric with a line for each run; a run has the same colour in all of them. */
export const chartsOf = ({ comparison }: ComparisonContent): readonly ChartContent[] => {
  const { curves, runs } = comparison;
  const names = [...new Set(curves.map(({ name }) => name))];
  return names
    .toSorted((left, right) => rank(left) - rank(right) || left.localeCompare(right))
    .map((name) => ({
      title: name.replaceAll('_', ' '),
      x: 'step',
      better: betterOf(name),
      lines: runs.flatMap(({ id }, color) =>
        curves
          .filter((curve) => curve.run === id && curve.name === name)
          .map(({ points }) => ({ name: id, color, points })),
      ),
    }));
};

/** Validation tells more than training. */
const rank = (name: string): number => (name.startsWith('val') ? 0 : 1);
