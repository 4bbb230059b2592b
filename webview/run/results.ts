import type { GateVerdict } from '../../sidecar/contract/clearance.ts';
import type { Measure, Report } from '../../sidecar/contract/report.ts';
import type { Run } from '../../sidecar/contract/run.ts';
import { element, type Child } from '../shared/element.ts';
import { showCount, showFigure, showNumber } from '../shared/format.ts';
import { table } from '../shared/table.ts';
import { confusionTable } from './confusion.ts';

const verdicts = {
  pass: { sign: '✓', word: 'pass', tone: 'good' },
  fail: { sign: '✗', word: 'fail', tone: 'bad' },
  cannot_tell: { sign: '?', word: 'cannot tell', tone: 'doubt' },
} as const;

/** The gates, each with the figures that decided. */
export const drawGates = ({ nouns }: Run): Child => {
  const { clearance } = nouns;
  if (clearance === undefined) return null;
  const note = clearance.note === null ? null : element('p', { class: 'muted' }, clearance.note);
  if (clearance.verdicts.length === 0) return [element('h2', {}, 'Gates'), note];
  return [
    element('h2', {}, `Gates: ${sayVerdicts(clearance.verdicts)}`),
    table({
      caption: 'Gates',
      columns: [{ title: 'verdict' }, { title: 'rule' }, { title: 'why' }],
      rows: clearance.verdicts.map(({ verdict, rule, reason }) => {
        const { sign, word, tone } = verdicts[verdict];
        return [element('span', { class: tone }, `${sign} ${word}`), element('code', {}, rule), reason];
      }),
    }),
    note,
  ];
};

const sayVerdicts = (all: readonly GateVerdict[]): string => {
  const passed = all.filter(({ verdict }) => verdict === 'pass').length;
  return `${passed} of ${all.length} passed`;
};

/** Measures on held-out rows with their intervals, classes, and what was taken for what. */
export const drawScores = ({ nouns }: Run): Child => {
  const { report } = nouns;
  if (report === undefined) return null;
  return [
    element('h2', {}, `Scores on ${showCount(report.rows)} held-out rows`),
    element('div', { class: 'two' }, measureTable(report), report.classes.length === 0 ? null : classTable(report)),
    report.confusion === null ? null : confusionTable(report.confusion),
    element(
      'p',
      { class: 'note' },
      `Intervals hold 95 %. One row takes ${showNumber(report.latencyMs.p50)} ms (median), ${showNumber(report.latencyMs.p95)} ms (95th percentile) on the CPU.`,
    ),
  ];
};

const measureTable = ({ measures, champion }: Report): HTMLElement => {
  const earlier = new Map(champion?.measures.map((measure) => [measure.name, measure]));
  const versus = champion === null ? [] : [{ title: `champion v${champion.version}`, align: 'right' as const }];
  return table({
    caption: 'Measures',
    columns: [
      { title: 'measure' },
      { title: 'value', align: 'right' },
      { title: '95 % interval', align: 'right' },
      ...versus,
    ],
    rows: measures.map((measure) => [
      `${measure.name.replaceAll('_', ' ')} ${measure.better === 'higher' ? '↑' : '↓'}`,
      showFigure(measure.value),
      element('span', { class: 'range' }, showInterval(measure)),
      ...(champion === null ? [] : [showFigure(earlier.get(measure.name)?.value ?? null)]),
    ]),
  });
};

const showInterval = ({ low, high }: Pick<Measure, 'low' | 'high'>): string =>
  low === null || high === null ? '–' : `${showFigure(low)} … ${showFigure(high)}`;

const classTable = ({ classes }: Report): HTMLElement =>
  table({
    caption: 'Classes',
    columns: [
      { title: 'class' },
      { title: 'rows', align: 'right' },
      { title: 'precision', align: 'right' },
      { title: 'recall', align: 'right' },
      { title: 'F1', align: 'right' },
    ],
    rows: classes.map((one) => [
      one.class,
      showCount(one.support),
      showFigure(one.precision),
      showFigure(one.recall),
      showFigure(one.f1),
    ]),
  });
