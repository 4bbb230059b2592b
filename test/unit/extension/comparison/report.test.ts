import { expect, test } from 'vitest';
import type { Comparison } from '../../../../sidecar/contract/run.ts';
import { comparisonReport } from '../../../../extension/comparison/report.ts';
import { id, run } from '../sample.ts';

const comparison: Comparison = {
  runs: [run('r1'), run('r2')],
  metrics: [
    {
      name: 'accuracy',
      better: 'higher',
      values: [
        { value: 0.9, low: 0.88, high: 0.92, delta: null, verdict: null },
        { value: 0.85, low: null, high: null, delta: -0.05, verdict: 'cannot_tell' },
      ],
    },
    {
      name: 'rmse',
      better: 'lower',
      values: [
        { value: null, low: null, high: null, delta: null, verdict: null },
        { value: 1, low: null, high: null, delta: null, verdict: null },
      ],
    },
  ],
  parameters: [
    { name: 'optimizer.lr', values: ['0.1', null], differs: true },
    { name: 'a|b', values: ['1', '1'], differs: false },
  ],
  fingerprints: [null, null],
  predictions: [],
  data: [{ run: id('r2'), dataset: 'images@v2', difference: '3 files added' }],
  code: [],
  curves: [],
  summary: 'r2 is not better.',
};

test('a report for a pull request has numbers with intervals, and only the parameters that differ', () => {
  const text = comparisonReport(comparison);
  expect(text).toContain('| accuracy ↑ | 0.9 (0.88…0.92) | 0.85, −0.05 cannot tell |');
  expect(text).toContain('| rmse ↓ | – | 1 |');
  expect(text).toContain('| `optimizer.lr` | 0.1 | – |');
  expect(text).not.toContain('a|b');
  expect(text).toContain('3 files added');
});
