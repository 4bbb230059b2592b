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
  const shown = examples.map(({ at, value }) => (value === null ? at : `${at}: ${value}`)).join('; ');
  return `| ${[sign, rule, found, shown].map(escapeCell).join(' | ')} |`;
};

const escapeCell = (text: string): string => text.replaceAll('|', '\\|').replaceAll('\n', ' ');
