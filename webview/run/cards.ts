import type { Candidate } from '../../sidecar/contract/candidate.ts';
import type { Features } from '../../sidecar/contract/features.ts';
import type { Change, Run } from '../../sidecar/contract/run.ts';
import { element, type Child } from '../shared/element.ts';
import { showBytes, showCount, showDuration, showNumber, UNKNOWN } from '../shared/format.ts';
import { table } from '../shared/table.ts';

/** What changed since the run before, and where the run stands now. */
export const drawCards = (run: Run, previous: string | null, last: LastValues): Child =>
  element('div', { class: 'cards' }, changeCard(run, previous), nowCard(run, last));

type LastValues = readonly (readonly [name: string, value: number])[];

const changeCard = ({ changes }: Run, previous: string | null): HTMLElement => {
  const heading = previous === null ? 'What changed' : `What changed since ${previous}`;
  return element(
    'div',
    { class: 'card changes' },
    element('h2', {}, heading),
    changes.length === 0 ? noChange(previous) : changeTable(heading, changes),
  );
};

const noChange = (previous: string | null): HTMLElement =>
  element(
    'p',
    { class: 'muted' },
    previous === null
      ? 'This is the first run of the experiment.'
      : 'Nothing: code, data, configuration and environment are the same.',
  );

const changeTable = (caption: string, changes: readonly Change[]): HTMLElement =>
  table({
    caption,
    columns: [{ title: 'what' }, { title: 'before' }, { title: 'now' }, { title: 'kind' }],
    rows: changes.map(({ name, from, to, kind }) => [
      element('code', {}, name),
      element('del', {}, from ?? UNKNOWN),
      element('ins', {}, to ?? UNKNOWN),
      element('span', { class: 'muted' }, kind),
    ]),
  });

const nowCard = (run: Run, last: LastValues): HTMLElement => {
  const active = run.status === 'running' || run.status === 'queued';
  const values = active ? last.map(([name, value]) => [name.replaceAll('_', ' '), showNumber(value)] as const) : [];
  const { metric } = run;
  const arrow = metric?.better === 'lower' ? '↓ lower is better' : '↑ higher is better';
  return element(
    'div',
    { class: 'card now' },
    element('h2', {}, active ? 'Now' : 'Result'),
    element('p', { class: 'telling' }, metric === null ? UNKNOWN : showNumber(metric.value)),
    element(
      'p',
      { class: 'telling-name' },
      metric === null
        ? active
          ? 'nothing measured yet'
          : 'nothing was measured'
        : `${metric.name.replaceAll('_', ' ')} ${arrow}`,
    ),
    element(
      'dl',
      { class: 'figures' },
      [...values, ...factsOf(run)].map(([name, value]) => [element('dt', {}, name), element('dd', {}, value)]),
    ),
  );
};

const factsOf = (run: Run): readonly (readonly [string, string])[] => {
  const { dataset, features, candidate } = run.nouns;
  const facts: readonly (readonly [string, string | null])[] = [
    ['model', run.model === null ? null : `${run.model.name} v${run.model.version}`],
    ['data', dataset === undefined ? null : `${dataset.dataset.name}@v${dataset.dataset.version}`],
    ['rows', features === undefined ? null : sayRows(features.rows)],
    ...(candidate === undefined ? [] : candidateFacts(candidate)),
    ['took', run.startedAt === null || run.endedAt === null ? null : showDuration(run.endedAt - run.startedAt)],
  ];
  return facts.flatMap(([name, value]) => (value === null ? [] : [[name, value] as const]));
};

const sayRows = ({ train, validation, test }: Features['rows']): string =>
  `${showCount(train)} train · ${showCount(validation)} validation · ${showCount(test)} test`;

const candidateFacts = ({
  device,
  batchSize,
  resumed,
  bestEpoch,
  modelBytes,
  parameters,
}: Candidate): readonly (readonly [string, string | null])[] => [
  ['device', device],
  ['rows a step', batchSize === null ? null : showCount(batchSize)],
  ['continued', resumed === null ? null : `${resumed.run}, after ${showCount(resumed.step)} steps`],
  ['best epoch', bestEpoch === null ? null : String(bestEpoch)],
  ['parameters', parameters === null ? null : showCount(parameters)],
  ['model file', modelBytes === 0 ? null : showBytes(modelBytes)],
];
