import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { splitLines } from '../../../sidecar/engines/command/lines.ts';
import { readMetricLine } from '../../../sidecar/engines/command/metric-line.ts';

const linesOf = (pieces: readonly Uint8Array[], longest?: number) => {
  const lines: string[] = [];
  const splitter = splitLines((line) => lines.push(line), longest);
  pieces.forEach(splitter.push);
  splitter.end();
  return lines;
};

describe('splitting output into lines', () => {
  test('gives the same lines however the bytes are cut', () => {
    const texts = fc.array(fc.string({ unit: 'grapheme' }).map((text) => text.replaceAll(/[\r\n]/g, '')));
    fc.assert(
      fc.property(texts, fc.array(fc.nat(60)), (lines, cuts) => {
        const bytes = Buffer.from(lines.map((line) => `${line}\n`).join(''));
        const at = [0, ...cuts.filter((cut) => cut < bytes.length).sort((a, b) => a - b), bytes.length];
        expect(linesOf(at.slice(1).map((end, i) => bytes.subarray(at[i], end)))).toEqual(lines);
      }),
    );
  });

  test('keeps a last line without an end, and Windows line ends', () => {
    expect(linesOf([Buffer.from('one\r\ntwo\r'), Buffer.from('\nthree')])).toEqual(['one', 'two', 'three']);
    expect(linesOf([Buffer.from('')])).toEqual([]);
    expect(linesOf([Buffer.from('\n\n')])).toEqual(['', '']);
  });

  test('shows a progress bar in its last state', () => {
    expect(linesOf([Buffer.from('10 %\r50 %\r'), Buffer.from('100 %\ndone\n')])).toEqual(['100 %', 'done']);
  });

  test('cuts a long line and says how much it lost', () => {
    expect(linesOf([Buffer.from('abcdefgh'), Buffer.from('ij\nok\n')], 4)).toEqual([
      'abcd … (6 more characters)',
      'ok',
    ]);
  });
});

describe('a line of metrics.jsonl', () => {
  test('names one metric, or many at once', () => {
    expect(readMetricLine('{"name":"loss","value":0.2,"step":3}', 0)).toEqual([{ name: 'loss', step: 3, value: 0.2 }]);
    expect(readMetricLine('{"step":3,"epoch":1.5,"loss":0.2,"accuracy":0.9,"note":"x"}', 0)).toEqual([
      { name: 'loss', step: 3, epoch: 1.5, value: 0.2 },
      { name: 'accuracy', step: 3, epoch: 1.5, value: 0.9 },
    ]);
  });

  test('counts as a step by its position when it names none', () => {
    expect(readMetricLine('{"loss":1}', 7)).toEqual([{ name: 'loss', step: 7, value: 1 }]);
  });

  test.each([
    ['loss 0.3', 'is not a JSON object: loss 0.3'],
    ['[1,2]', 'is not a JSON object: [1,2]'],
    ['{"loss":NaN}', 'is not a JSON object: {"loss":NaN}'],
    ['{"loss":1,"step":-1}', 'has a step that is no whole number from 0 on: -1'],
    ['{"loss":1,"step":"a"}', 'has a step that is no whole number from 0 on: "a"'],
    ['{"loss":1,"epoch":"a"}', 'has an epoch that is no number: "a"'],
    ['{"name":"loss","value":null}', 'holds no finite number to keep'],
    ['{"step":3}', 'holds no finite number to keep'],
  ])('says what is wrong with %s', (line, problem) => {
    expect(readMetricLine(line, 0)).toEqual({ problem });
  });
});
