import type { Comparison } from '../../sidecar/contract/run.ts';
import { showNumber } from '../format.ts';

/** A comparison as Markdown, for a pull request. */
export const comparisonReport = (comparison: Comparison): string => {
  const ids = comparison.runs.map(({ id }) => id);
  const differing = comparison.parameters.filter(({ differs }) => differs);
  return [
    `### ${ids.join(' · ')}`,
    comparison.summary,
    table(
      ['metric', ...ids],
      comparison.metrics.map(({ name, better, values }) => [
        `${name} ${better === 'higher' ? '↑' : '↓'}`,
        ...values.map((value) => cellOf(value)),
      ]),
    ),
    ...(differing.length === 0
      ? ['All parameters are equal.']
      : [
          table(
            ['parameter', ...ids],
            differing.map(({ name, values }) => [`\`${name}\``, ...values.map((value) => value ?? '–')]),
          ),
        ]),
    ...comparison.data.map(({ run, difference }) => `Data of ${run}: ${difference}`),
    ...comparison.code.map(({ run, difference }) => `Code of ${run}: ${difference}`),
  ].join('\n\n');
};

type Value = Comparison['metrics'][number]['values'][number];

const cellOf = ({ value, low, high, delta, verdict }: Value): string => {
  if (value === null) return '–';
  const interval = low === null || high === null ? '' : ` (${showNumber(low)}…${showNumber(high)})`;
  const change = delta === null ? '' : `, ${delta < 0 ? '−' : '+'}${showNumber(Math.abs(delta))}`;
  const judged = verdict === null ? '' : ` ${verdict.replace('_', ' ')}`;
  return `${showNumber(value)}${interval}${change}${judged}`;
};

const table = (head: readonly string[], rows: readonly (readonly string[])[]): string =>
  [head, head.map(() => '---'), ...rows].map((cells) => `| ${cells.map(escapeCell).join(' | ')} |`).join('\n');

const escapeCell = (text: string): string => text.replaceAll('|', '\\|').replaceAll('\n', ' ');
