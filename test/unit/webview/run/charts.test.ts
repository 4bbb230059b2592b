import { expect, test } from 'vitest';
import type { RunContent } from '../../../../webview/contract/run.ts';
import { chartsOf, lastValues, systemChartsOf } from '../../../../webview/run/charts.ts';

const curve = (name: string, ...values: number[]) => ({
  run: 'r1' as RunContent['curves'][number]['run'],
  name,
  points: values.map((value, index) => [index, value] as [number, number]),
  total: values.length,
});
const content = (...curves: RunContent['curves']) => ({ curves }) as unknown as RunContent;

test('training and validation share a chart, loss and accuracy come first', () => {
  const charts = chartsOf(
    content(curve('learning_rate', 1), curve('train_accuracy', 0), curve('val_loss', 2), curve('train_loss', 3)),
  );
  expect(charts.map(({ title }) => title)).toEqual(['loss', 'accuracy', 'learning rate']);
  expect(charts[0]?.lines.map(({ name, color }) => [name, color])).toEqual([
    ['val', 1],
    ['train', 0],
  ]);
  expect(charts[0]?.better).toBe('lower');
});

test('the newest value of each curve, without those that have none yet', () => {
  expect(lastValues([curve('a', 1, 2), curve('b')])).toEqual([['a', 2]]);
});

test('the machine is measured in words with units, the most telling first, and apart from the model', () => {
  const all = content(curve('system/memory_mb', 1), curve('val_loss', 2), curve('system/samples_per_second', 3));
  expect(systemChartsOf(all).map(({ title, lines }) => `${title}: ${lines[0]?.name}`)).toEqual([
    'speed: rows a second',
    'memory: MiB',
  ]);
  expect(chartsOf(all).map(({ title }) => title)).toEqual(['loss']);
});
