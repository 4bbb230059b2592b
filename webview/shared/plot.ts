import uPlot from 'uplot';
import 'uplot/dist/uPlot.min.css';
import { isHighContrast, lineColor, lineDash, onTheme, themeColor } from './colors.ts';

/** A line of a chart: pairs of x and y, by x. */
export interface Line {
  readonly name: string;
  /** Position among the colours; the same thing has the same one in every chart of a page. */
  readonly color: number;
  readonly points: readonly (readonly [x: number, y: number])[];
}

/** The one doorway to uPlot. */
export interface Plot {
  readonly element: HTMLElement;
  readonly draw: (lines: readonly Line[], hidden: ReadonlySet<string>) => void;
  /** Moves the cursor by so many points; 0 puts it on the last one. @returns the x that it stands on. */
  readonly step: (by: number) => number | null;
}

const HEIGHT = 190;

/** A line chart that zooms by dragging, returns by a double click, and moves its cursor with all others of the page. */
export const createPlot = (): Plot => {
  const element = document.createElement('div');
  element.className = 'plot';
  let plot: uPlot | null = null;
  let names = '';
  let cursor = -1;

  const fit = () => plot?.setSize({ width: Math.max(200, element.clientWidth), height: HEIGHT });
  new ResizeObserver(fit).observe(element);
  onTheme(() => plot?.redraw(false, true));

  return {
    element,
    draw: (lines, hidden) => {
      const data = join(lines);
      const now = JSON.stringify([lines.map(({ name, color }) => [name, color]), isHighContrast()]);
      if (plot === null || now !== names) {
        plot?.destroy();
        plot = new uPlot(optionsFor(lines, element.clientWidth), data, element);
        names = now;
      } else {
        plot.setData(data, plot.scales['x']?.min === data[0][0] || !isZoomed(plot));
      }
      for (const [index, { name }] of lines.entries()) {
        const show = !hidden.has(name);
        if (plot.series[index + 1]?.show !== show) plot.setSeries(index + 1, { show });
      }
    },
    step: (by) => {
      if (plot === null) return null;
      const xs = plot.data[0];
      cursor = by === 0 || cursor < 0 ? xs.length - 1 : Math.min(xs.length - 1, Math.max(0, cursor + by));
      const x = xs[cursor];
      if (x === undefined) return null;
      plot.setCursor({ left: plot.valToPos(x, 'x'), top: 1 });
      return x;
    },
  };
};

const isZoomed = ({ scales, data }: uPlot): boolean => {
  const [xs] = data;
  const { min, max } = scales['x'] ?? {};
  return min != null && max != null && (min > (xs[0] ?? min) || max < (xs.at(-2) ?? max));
};

/** All lines on the union of their x; a line without a value at some x is drawn across the gap. */
const join = (lines: readonly Line[]): uPlot.AlignedData => {
  if (lines.length === 0) return [[]];
  return uPlot.join(lines.map(({ points }) => [points.map(([x]) => x), points.map(([, y]) => y)]));
};

const optionsFor = (lines: readonly Line[], width: number): uPlot.Options => ({
  width: Math.max(200, width),
  height: HEIGHT,
  legend: { show: false },
  cursor: { sync: { key: 'page' }, points: { size: 7 }, drag: { x: true, y: false } },
  scales: { x: { time: false } },
  axes: [axis(30), axis(58)],
  series: [{}, ...lines.map(({ name, color, points }) => lineOptions(name, color, points.length))],
});

const lineOptions = (label: string, color: number, points: number): uPlot.Series => ({
  label,
  stroke: () => lineColor(color),
  width: isHighContrast() ? 2.5 : 1.75,
  dash: lineDash(color),
  spanGaps: true,
  // A single point has no line; it must be seen all the same.
  points: { show: points < 3, size: 7, stroke: () => lineColor(color), fill: () => lineColor(color) },
});

const axis = (size: number): uPlot.Axis => ({
  size,
  stroke: () => themeColor('foreground'),
  font: '11px sans-serif',
  grid: { stroke: () => themeColor('charts-lines'), width: 0.5 },
  ticks: { show: false },
  values: (_, splits) =>
    splits.map((value) => Number(value.toPrecision(4)).toLocaleString('en', { maximumSignificantDigits: 4 })),
});
