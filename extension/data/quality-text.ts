import type { CheckVerdict, DataCheck } from '../../sidecar/contract/data-check.ts';
import { countOf, showCount } from '../format.ts';

/** `5 of 7 conditions hold`. */
export const sayQuality = (checks: readonly DataCheck[]): string => {
  const all = checks.flatMap(({ verdicts }) => verdicts);
  return `${all.filter(({ passed }) => passed).length} of ${countOf(all.length, 'condition')} hold`;
};

/** What was found by each configuration, as Markdown; what is broken first. */
export const qualityText = (checks: readonly DataCheck[]): string =>
  [`# Data quality: ${sayQuality(checks)}`, ...checks.map(sectionOf)].join('\n\n').concat('\n');

const sectionOf = ({ configuration, data, state, rows, files, blocked, verdicts }: DataCheck): string => {
  const size = rows === null ? countOf(files, 'file') : `${countOf(rows, 'row')} in ${countOf(files, 'file')}`;
  const outcome = blocked ? '**A run on this data is held.**' : 'Nothing holds a run on this data.';
  const sorted = verdicts.toSorted((left, right) => Number(left.passed) - Number(right.passed));
  return [
    `## ${data} (${state}), by \`${configuration}\``,
    `${size}. ${outcome}`,
    ['| | condition | found | for example |', '|---|---|---|---|', ...sorted.map(lineOf)].join('\n'),
  ].join('\n\n');
};

const lineOf = ({ passed, onFail, rule, sentence, count, of, examples }: CheckVerdict): string => {
  const sign = passed ? '✓ holds' : onFail === 'block' ? '✗ blocks' : '⚠ warns';
  const found = passed ? sentence : `${sentence} (${showCount(count)} of ${showCount(of)})`;
  const shown = examples.map(sayExample).join('; ');
  return `| ${[sign, rule, found, shown].map(escapeCell).join(' | ')} |`;
};

/** Why a run is held, when that is a condition: `data.checks[1]: age is 0 to 120. 3 of 600 rows break it.` */
export const conditionOf = (reason: string): { readonly index: number; readonly text: string } | null => {
  const [, index, text = ''] = /^data\.checks\[(\d+)\]: (.*)$/s.exec(reason) ?? [];
  return index === undefined ? null : { index: Number(index), text };
};

/** A broken condition in one line, for a mark where it is written. */
export const sayBroken = ({ rule, sentence }: CheckVerdict, state: string): string =>
  `${rule}. ${state === 'disk' ? 'On disk' : state}: ${sentence}`;

const sayExample = ({ at, value }: CheckVerdict['examples'][number]): string =>
  value === null ? at : `${at}: ${value}`;

const escapeCell = (text: string): string => text.replaceAll('|', '\\|').replaceAll('\n', ' ');
