import './run.css';
import type { RunContent, RunUp } from '../contract/run.ts';
import { chartGrid } from '../shared/chart-grid.ts';
import { runPage } from '../shared/page.ts';
import { section } from '../shared/section.ts';
import { chartsOf, lastValues, systemChartsOf } from './charts.ts';
import { drawCards } from './cards.ts';
import { drawHead } from './head.ts';
import { drawGates, drawScores } from './results.ts';
import { drawProvenance } from './provenance.ts';

/** The page of one run: what it does, what is different, its curves, and how it was judged. */
runPage<RunContent, RunUp>({
  waiting: 'Reading the run …',
  sections: (send) => [
    section('head', ({ run, previous }: RunContent) => drawHead(run, previous, send)),
    section('cards', ({ run, previous, curves }: RunContent) => drawCards(run, previous, lastValues(curves))),
    chartGrid({ heading: 'Curves', name: 'curves' }, chartsOf),
    chartGrid({ heading: 'System', name: 'system' }, systemChartsOf),
    section('gates', ({ run }: RunContent) => drawGates(run)),
    section('scores', ({ run }: RunContent) => drawScores(run)),
    section('provenance', ({ run }: RunContent) => drawProvenance(run)),
  ],
});
