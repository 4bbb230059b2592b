import { lineColor, lineDash, onTheme } from './colors.ts';
import { element, shape } from './element.ts';
import { showNumber, UNKNOWN } from './format.ts';
import { createPlot, type Line } from './plot.ts';
import { table } from './table.ts';

export interface ChartContent {
  readonly title: string;
  /** What x counts. */
  readonly x: string;
  readonly better: 'higher' | 'lower' | null;
  readonly lines: readonly Line[];
}

/** A chart with everything around it that makes it readable without seeing it. */
export interface Chart {
  readonly element: HTMLElement;
  readonly show: (content: ChartContent) => void;
}

/**
 * A figure: title, a legend whose entries switch lines on and off, the plot, a summary in words and, on demand
 * (button or Alt+T), the numbers as a table. Arrow keys move the cursor and say what it stands on.
 */
export const createChart = (): Chart => {
  const plot = createPlot();
  const title = element('h3', {});
  const legend = element('div', { class: 'legend', role: 'group', label: 'Lines' });
  const summary = element('p', { class: 'summary' });
  const spoken = element('p', { class: 'spoken', 'aria-live': 'polite' });
  const numbers = element('div', { class: 'chart-numbers' });
  numbers.hidden = true;
  const toggle = element('button', { class: 'plain', 'aria-expanded': 'false' }, 'Table');
  const frame = element(
    'div',
    { class: 'plot-frame', tabindex: '0', role: 'application', 'aria-roledescription': 'line chart' },
    plot.element,
  );
  const figure = element(
    'figure',
    { class: 'chart' },
    element('div', { class: 'chart-head' }, title, legend, toggle),
    frame,
    summary,
    spoken,
    numbers,
  );

  const hidden = new Set<string>();
  let content: ChartContent | null = null;

  const drawNumbers = () => {
    if (content !== null && !numbers.hidden) numbers.replaceChildren(numberTable(content));
  };
  const redraw = () => {
    if (content === null) return;
    plot.draw(content.lines, hidden);
    drawLegend(legend, content.lines, hidden, redraw);
    drawNumbers();
  };
  // The legend is made of the theme's colours and dashes, as the lines are.
  onTheme(redraw);
  const showTable = () => {
    numbers.hidden = !numbers.hidden;
    toggle.setAttribute('aria-expanded', String(!numbers.hidden));
    drawNumbers();
  };
  toggle.addEventListener('click', showTable);
  frame.addEventListener('keydown', (event) => {
    if (event.altKey && event.key.toLowerCase() === 't') showTable();
    const by = steps[event.key];
    if (by === undefined || content === null) return;
    event.preventDefault();
    const x = plot.step(by);
    if (x !== null) spoken.textContent = sayAt(content, x);
  });

  return {
    element: figure,
    show: (next) => {
      const arrow = next.better === null ? '' : next.better === 'higher' ? ' ↑' : ' ↓';
      content = next;
      title.textContent = `${next.title}${arrow}`;
      summary.textContent = next.lines.map((line) => summarize(line, next)).join(' · ');
      toggle.setAttribute('aria-label', `Show the numbers of ${next.title} as a table`);
      frame.setAttribute(
        'aria-label',
        `${next.title} by ${next.x}. ${summary.textContent} Arrow keys move the cursor.`,
      );
      redraw();
    },
  };
};

const steps: Readonly<Record<string, number>> = {
  ArrowRight: 1,
  ArrowLeft: -1,
  PageDown: 10,
  PageUp: -10,
  End: 0,
  Home: -Number.MAX_SAFE_INTEGER,
};

const drawLegend = (legend: HTMLElement, lines: readonly Line[], hidden: Set<string>, changed: () => void): void => {
  const focused = legend.contains(document.activeElement)
    ? (document.activeElement as HTMLElement).dataset['key']
    : undefined;
  legend.replaceChildren(
    ...lines.map((line) => {
      const entry = element(
        'button',
        { class: 'plain', key: line.name, 'aria-pressed': String(!hidden.has(line.name)) },
        swatch(line.color),
        line.name,
      );
      entry.addEventListener('click', () => {
        if (!hidden.delete(line.name)) hidden.add(line.name);
        changed();
      });
      return entry;
    }),
  );
  if (focused !== undefined) legend.querySelector<HTMLElement>(`[data-key="${CSS.escape(focused)}"]`)?.focus();
};

/** A piece of the line itself: colour and dash. */
const swatch = (color: number): SVGElement => {
  const stroke = shape('line', {
    x1: 0,
    y1: 5,
    x2: 18,
    y2: 5,
    'stroke-width': 2.5,
    'stroke-dasharray': lineDash(color).join(' '),
  });
  stroke.style.stroke = lineColor(color);
  return shape('svg', { width: 18, height: 10, 'aria-hidden': 'true' }, stroke);
};

const summarize = ({ name, points }: Line, { better, x, lines }: ChartContent): string => {
  const last = points.at(-1);
  if (last === undefined) return `${name}: nothing logged yet.`;
  const best =
    better === null ? null : points.reduce((top, point) => (isBetter(point[1], top[1], better) ? point : top), last);
  const who = lines.length > 1 ? `${name}: ` : '';
  const now = `${who}now ${showNumber(last[1])}`;
  return best === null || best === last ? now : `${now}, best ${showNumber(best[1])} at ${x} ${showNumber(best[0])}`;
};

const isBetter = (value: number, than: number, better: 'higher' | 'lower'): boolean =>
  better === 'higher' ? value > than : value < than;

const sayAt = ({ x, lines }: ChartContent, at: number): string => {
  const values = lines.map(
    ({ name, points }) => `${name} ${showNumber(points.find(([here]) => here === at)?.[1] ?? null)}`,
  );
  return `${x} ${showNumber(at)}: ${values.join(', ')}`;
};

/** At most this many rows; the plot itself hides no point. */
const ROWS = 200;

const numberTable = ({ title, x, lines }: ChartContent): HTMLElement => {
  const steps = [...new Set(lines.flatMap(({ points }) => points.map(([at]) => at)))].toSorted(
    (left, right) => left - right,
  );
  const every = Math.max(1, Math.ceil(steps.length / ROWS));
  const shown = steps.filter((_, index) => index % every === 0 || index === steps.length - 1);
  const values = lines.map(({ points }) => new Map(points));
  return table({
    caption: `${title} by ${x}`,
    columns: [{ title: x }, ...lines.map(({ name }) => ({ title: name, align: 'right' as const }))],
    rows: shown.map((at) => [
      showNumber(at),
      ...values.map((line) => (line.has(at) ? showNumber(line.get(at) ?? null) : UNKNOWN)),
    ]),
  });
};
