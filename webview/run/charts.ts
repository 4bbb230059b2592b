import type { RunContent } from '../contract/run.ts';
import type { ChartContent } from '../shared/chart.ts';
import { betterOf, splitMetric } from '../shared/metric-names.ts';

/** One chart for each thing that is measured, with a line for each part of the rows it is measured on. */
export const chartsOf = (content: RunContent): readonly ChartContent[] => {
  const curves = content.curves.filter(({ name }) => !name.startsWith(system));
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

/** Curves that tell of the machine and not of the model. */
const system = 'system/';

/** What a machine was measured by, in words, and the unit; of what is not listed its own name. */
const measured: Readonly<Record<string, { readonly title: string; readonly unit: string }>> = {
  samples_per_second: { title: 'speed', unit: 'rows a second' },
  data_wait_percent: { title: 'waiting for data', unit: '% of the time' },
  cpu_percent: { title: 'processor', unit: '% of one core' },
  memory_mb: { title: 'memory', unit: 'MiB' },
  gpu_percent: { title: 'graphics card', unit: '%' },
  gpu_memory_mb: { title: 'memory of the graphics card', unit: 'MiB' },
};
const inOrder = Object.keys(measured);

/** One chart for each thing that the machine was measured by while it trained. */
export const systemChartsOf = ({ curves }: RunContent): readonly ChartContent[] =>
  curves
    .filter(({ name }) => name.startsWith(system))
    .map(({ name, points }) => ({ name: name.slice(system.length), points }))
    .toSorted((left, right) => inOrder.indexOf(left.name) - inOrder.indexOf(right.name))
    .map(({ name, points }) => {
      const { title, unit } = measured[name] ?? { title: name.replaceAll('_', ' '), unit: '' };
      return { title, x: 'step', better: null, lines: [{ name: unit === '' ? title : unit, color: 0, points }] };
    });

/** The newest value of each curve, by the name of the metric. */
export const lastValues = (curves: RunContent['curves']): readonly (readonly [name: string, value: number])[] =>
  curves.flatMap(({ name, points }) => {
    if (name.startsWith(system)) return [];
    const last = points.at(-1);
    return last === undefined ? [] : [[name, last[1]] as const];
  });

/** Loss and accuracy first: they tell whether it learns. */
const order = ['loss', 'accuracy'];

const byInterest = (left: string, right: string): number => rank(left) - rank(right) || left.localeCompare(right);

const rank = (measure: string): number => (order.includes(measure) ? order.indexOf(measure) : order.length);

const colorOf = (rows: string): number => (rows === 'val' || rows === 'validation' ? 1 : rows === 'test' ? 2 : 0);
