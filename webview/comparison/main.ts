import './comparison.css';
import type { ComparisonContent, ComparisonUp } from '../contract/comparison.ts';
import { chartGrid } from '../shared/chart-grid.ts';
import { runPage } from '../shared/page.ts';
import { section } from '../shared/section.ts';
import { chartsOf } from './charts.ts';
import { drawFlips } from './flips.ts';
import { drawHead } from './head.ts';
import { drawMetrics } from './metrics.ts';
import { parameterSection } from './parameters.ts';
import { drawOrigins } from './origins.ts';

/** Two to eight runs on one page: what differs, and what came of it. */
runPage<ComparisonContent, ComparisonUp>({
  waiting: 'Comparing the runs …',
  sections: (send) => [
    section('head', ({ comparison }: ComparisonContent) => drawHead(comparison, send)),
    section('metrics', ({ comparison }: ComparisonContent) => drawMetrics(comparison)),
    parameterSection(),
    section('origins', ({ comparison }: ComparisonContent) => drawOrigins(comparison)),
    chartGrid({ heading: 'Curves', name: 'curves' }, chartsOf),
    section('flips', ({ comparison }: ComparisonContent) => drawFlips(comparison)),
  ],
});
