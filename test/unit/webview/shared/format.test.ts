import { expect, test } from 'vitest';
import { showDelta, showFigure, showNumber, showP, showShare } from '../../../../webview/shared/format.ts';
import { betterOf, splitMetric } from '../../../../webview/shared/metric-names.ts';

test('what is not known is a dash, never 0', () => {
  expect([showNumber(null), showFigure(null)]).toEqual(['–', '–']);
});

test('differences carry their sign, and figures of a column line up', () => {
  expect([showDelta(0.0017), showDelta(-0.05), showDelta(0)]).toEqual(['+0.0017', '−0.05', '0']);
  expect([showFigure(0.987), showFigure(0.0352), showFigure(31.5), showFigure(12), showFigure(1e-9)]).toEqual([
    '0.9870',
    '0.0352',
    '31.50',
    '12',
    '1e-9',
  ]);
  expect([showP(0.03), showP(1e-9), showShare(0.1234)]).toEqual(['p = 0.03', 'p < 0.001', '12.3 %']);
});

test('the name of a metric tells on which rows and which way', () => {
  expect(splitMetric('val_loss')).toEqual({ rows: 'val', measure: 'loss' });
  expect(splitMetric('learning_rate')).toEqual({ rows: '', measure: 'learning_rate' });
  expect([betterOf('val_loss'), betterOf('accuracy'), betterOf('learning_rate')]).toEqual(['lower', 'higher', null]);
});
