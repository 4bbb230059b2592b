import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { driftAdvice, driftSentence, namesInWords } from '../../../sidecar/serving/drift-words.ts';
import type { ReferenceFeature } from '../../../sidecar/serving/reference.ts';
import type { WatchedValue } from '../../../sidecar/serving/watched.ts';
import { addToSketch, emptySketch, measureWindow, nextAlarm } from '../../../sidecar/serving/window.ts';
import { profileCategories } from '../../../sidecar/statistics/category-profile.ts';
import { profileNumeric } from '../../../sidecar/statistics/numeric-profile.ts';
import { createRandom } from '../../../sidecar/statistics/random.ts';

const random = createRandom(11);
const normal = (rows: number, mean = 0, spread = 1) =>
  Array.from({ length: rows }, () => mean + spread * random.normal());
const numbers: ReferenceFeature = {
  feature: 'width',
  kind: 'input',
  type: 'number',
  profile: profileNumeric(normal(4000)),
  threshold: 0.2,
};
const colours: ReferenceFeature = {
  feature: 'colour',
  kind: 'input',
  type: 'category',
  profile: profileCategories(Array.from({ length: 1000 }, (_, at) => (at % 4 === 0 ? 'red' : 'blue'))),
  threshold: 0.2,
};
const quiet = { raised: false, streak: 0 };

const measured = (feature: ReferenceFeature, values: readonly WatchedValue[]) => {
  const sketch = emptySketch(feature);
  for (const value of values) addToSketch(sketch, feature, value);
  const [measurement] = measureWindow([feature], [sketch], { threshold: 'auto', correction: 'bh' });
  return { feature, sketch, measurement: measurement!, alarm: quiet, rows: values.length, consecutive: 2 };
};

describe('what is said of a window', () => {
  test.each<[string, ReferenceFeature, readonly WatchedValue[], string, RegExp]>([
    [
      'a mean that moved',
      numbers,
      normal(200, 2),
      'drifting',
      /“width” has changed: its mean went from -?0\.\d+ to (1\.9|2)/,
    ],
    [
      'a spread that grew',
      numbers,
      normal(200, 0, 4),
      'drifting',
      /its (mean stayed near .* and its spread went from|mean went)/,
    ],
    [
      'missing values',
      numbers,
      [...normal(100), ...new Array<null>(100).fill(null)],
      'drifting',
      /values are missing in 50 % of the rows, 0 % in the reference/,
    ],
    [
      'another mixture',
      colours,
      Array.from({ length: 200 }, () => 'red'),
      'drifting',
      /“(red|blue)” makes (100|0) % of the rows, (25|75) % in the reference/,
    ],
    [
      'a category that is new',
      colours,
      Array.from({ length: 200 }, () => 'green'),
      'drifting',
      /values unknown to the reference make 100 % of the rows/,
    ],
    [
      'nothing new',
      numbers,
      normal(400),
      'stable',
      /“width” is like the reference \(PSI 0\.0\d+, limit 0\.2, 400 rows\)/,
    ],
    [
      'few rows',
      numbers,
      normal(12, 9),
      'cannot_tell',
      /12 rows are too few to tell whether “width” has changed; about \d+ are needed/,
    ],
    ['no rows', numbers, [], 'cannot_tell', /0 rows are too few/],
  ])('%s', (_name, feature, values, verdict, sentence) => {
    const said = measured(feature, values);
    expect([said.measurement.verdict, driftSentence(said)]).toEqual([verdict, expect.stringMatching(sentence)]);
    if (verdict === 'drifting') expect(driftAdvice(said)).not.toBeNull();
    else expect(driftAdvice(said)).toBeNull();
  });

  test('an alarm that is up is explained while it waits to fall', () => {
    const said = { ...measured(numbers, normal(400)), alarm: { raised: true, streak: 1 } };
    expect(driftSentence(said)).toContain('the alarm falls after 2 such windows in a row');
    expect(driftAdvice(said)).toContain('“width”');
  });

  test('names stay readable when there are many', () => {
    expect(namesInWords(['a'])).toBe('“a”');
    expect(namesInWords(['a', 'b'])).toBe('“a” and “b”');
    expect(namesInWords(['a', 'b', 'c', 'd'])).toBe('“a”, “b” and 2 more');
  });
});

describe('an alarm', () => {
  const after = (...windows: readonly (readonly WatchedValue[])[]) =>
    windows.reduce(
      (alarm, values) => nextAlarm(alarm, measured(numbers, values).measurement, { consecutive: 2 }),
      quiet,
    );

  test('rises and falls after two windows in a row, and windows that cannot tell do not count', () => {
    const [far, near, few] = [normal(200, 3), normal(400), normal(5, 3)];
    expect(after(far).raised).toBe(false);
    expect(after(far, few, far).raised).toBe(true);
    expect(after(far, near, far).raised).toBe(false);
    expect(after(far, far, near).raised).toBe(true);
    expect(after(far, far, near, few, near).raised).toBe(false);
  });
});

test('over many stable features the correction keeps windows without a false alarm', () => {
  const features = Array.from({ length: 40 }, (_, at): ReferenceFeature => ({
    ...numbers,
    feature: `f${at}`,
    threshold: 0.01,
  }));
  const countOf = (correction: 'bh' | 'none') => {
    const seeded = createRandom(5);
    let drifting = 0;
    for (let window = 0; window < 20; window++) {
      const sketches = features.map(emptySketch);
      for (const [at, sketch] of sketches.entries()) {
        for (let row = 0; row < 2000; row++) addToSketch(sketch, features[at]!, seeded.normal());
      }
      drifting += measureWindow(features, sketches, { threshold: 'auto', correction }).filter(
        ({ verdict }) => verdict === 'drifting',
      ).length;
    }
    return drifting;
  };
  expect(countOf('bh')).toBeLessThanOrEqual(countOf('none'));
});

test('any values give a measurement that is JSON', () => {
  fc.assert(
    fc.property(
      fc.constantFrom(numbers, colours),
      fc.array(fc.oneof(fc.double(), fc.string(), fc.constant(null))),
      (feature, values) => {
        const { measurement } = measured(feature, values);
        expect(JSON.parse(JSON.stringify({ ...measurement, rowsNeeded: 0 }))).toEqual({
          ...measurement,
          rowsNeeded: 0,
        });
        expect(['stable', 'drifting', 'cannot_tell']).toContain(measurement.verdict);
      },
    ),
    { numRuns: 60 },
  );
});
