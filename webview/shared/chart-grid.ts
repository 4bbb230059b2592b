import { createChart, type Chart, type ChartContent } from './chart.ts';
import { element } from './element.ts';
import type { Section } from './section.ts';

/**
 * Charts side by side. A chart stays the same element while its title is there, so that zoom, cursor and hidden
 * lines survive new data.
 */
export const chartGrid = <Content>(
  { heading, name }: { readonly heading: string; readonly name: string },
  chartsOf: (content: Content) => readonly ChartContent[],
): Section<Content> => {
  const grid = element('div', { class: 'charts' });
  const note = element(
    'p',
    { class: 'note' },
    'No point is hidden: smallest and largest value of each pixel. Drag to zoom, double-click for all.',
  );
  const container = element(
    'section',
    { class: `section section-${name}`, 'data-section': name },
    element('h2', {}, heading),
    grid,
    note,
  );
  const charts = new Map<string, Chart>();
  let shown = '';
  return {
    element: container,
    show: (content) => {
      const wanted = chartsOf(content);
      container.hidden = wanted.length === 0;
      const now = JSON.stringify(wanted);
      if (now === shown) return;
      shown = now;
      for (const title of charts.keys()) {
        if (wanted.some((chart) => chart.title === title)) continue;
        charts.get(title)?.element.remove();
        charts.delete(title);
      }
      for (const one of wanted) {
        const chart = charts.get(one.title) ?? createChart();
        if (!charts.has(one.title)) grid.append(chart.element);
        charts.set(one.title, chart);
        chart.show(one);
      }
    },
  };
};
