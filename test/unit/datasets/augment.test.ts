import fc from 'fast-check';
import { expect, test } from 'vitest';
import { symmetricBeta } from '../../../sidecar/datasets/augment/beta.ts';
import { cutmix, mixup, type SoftBatch } from '../../../sidecar/datasets/augment/blend.ts';
import type { Change, Picture } from '../../../sidecar/datasets/augment/change.ts';
import { colourJitter, erase } from '../../../sidecar/datasets/augment/colour.ts';
import { crop, flip, rotate } from '../../../sidecar/datasets/augment/geometry.ts';
import { createBatchMaker } from '../../../sidecar/datasets/augment/make-batch.ts';
import { planAugment } from '../../../sidecar/datasets/augment/plan.ts';
import { createRandom, type Random } from '../../../sidecar/graph/random.ts';
import { dataSettings } from './workspace.ts';

const picture = (samples: ArrayLike<number>, channels: number, height: number, width: number): Picture => ({
  samples: Float32Array.from(samples),
  channels,
  height,
  width,
});
const pictures = fc
  .record({
    channels: fc.constantFrom(1, 3),
    height: fc.integer({ min: 1, max: 9 }),
    width: fc.integer({ min: 1, max: 9 }),
  })
  .chain(({ channels, height, width }) =>
    fc
      .array(fc.integer({ min: 0, max: 255 }), {
        minLength: channels * height * width,
        maxLength: channels * height * width,
      })
      .map((samples) => picture(samples, channels, height, width)),
  );
const changed = (change: Change, before: Picture, random: Random): number[] => {
  const after = { ...before, samples: before.samples.slice() };
  change(after, random, new Float32Array(after.samples.length));
  return [...after.samples];
};
/** Always the same number, where a test wants to know what happens. */
const fixed = (uniform: number): Random => ({
  uniform: () => uniform,
  normal: () => 0,
  below: (bound) => Math.floor(uniform * bound),
});

const all: Readonly<Record<string, Change>> = {
  'flip horizontal': flip('horizontal'),
  'flip vertical': flip('vertical'),
  crop: crop(2),
  rotate: rotate(30),
  color_jitter: colourJitter(0.5),
  erase: erase(1),
};

test.each(Object.entries(all))(
  '%s keeps samples within 0 and 255, and is the same for the same seed',
  (_name, change) => {
    fc.assert(
      fc.property(pictures, fc.integer(), (before, seed) => {
        const after = changed(change, before, createRandom(seed));
        expect(Math.min(...after)).toBeGreaterThanOrEqual(0);
        expect(Math.max(...after)).toBeLessThanOrEqual(255);
        expect(changed(change, before, createRandom(seed))).toEqual(after);
      }),
    );
  },
);

test.each(Object.keys(all))('%s does something to most pictures over many seeds, and not always the same', (name) => {
  const before = picture(
    Array.from({ length: 3 * 64 }, (_, at) => (at * 37) % 256),
    3,
    8,
    8,
  );
  const results = Array.from({ length: 40 }, (_, seed) => changed(all[name]!, before, createRandom(seed)).join());
  expect(new Set(results).size).toBeGreaterThan(1);
  expect(results.filter((result) => result !== [...before.samples].join()).length).toBeGreaterThan(10);
});

test('twice mirrored is the picture again; half of the pictures are not mirrored', () => {
  fc.assert(
    fc.property(pictures, fc.constantFrom('horizontal' as const, 'vertical' as const), (before, axis) => {
      const once = picture(changed(flip(axis), before, fixed(0)), before.channels, before.height, before.width);
      expect(changed(flip(axis), once, fixed(0))).toEqual([...before.samples]);
      expect(changed(flip(axis), before, fixed(0.5))).toEqual([...before.samples]);
    }),
  );
  expect(changed(flip('horizontal'), picture([1, 2, 3, 4], 1, 2, 2), fixed(0))).toEqual([2, 1, 4, 3]);
  expect(changed(flip('vertical'), picture([1, 2, 3, 4], 1, 2, 2), fixed(0))).toEqual([3, 4, 1, 2]);
});

test('a crop moves the picture by at most its pixels, and black comes in', () => {
  const before = picture([1, 2, 3, 4, 5, 6, 7, 8, 9], 1, 3, 3);
  expect(changed(crop(1), before, fixed(0.5))).toEqual([...before.samples]);
  expect(changed(crop(1), before, fixed(0))).toEqual([0, 0, 0, 0, 1, 2, 0, 4, 5]);
  expect(changed(crop(1), before, fixed(0.99))).toEqual([5, 6, 0, 8, 9, 0, 0, 0, 0]);
});

test('a rotation by nothing is the picture, by half a turn its mirror in both directions', () => {
  fc.assert(
    fc.property(pictures, (before) => {
      expect(changed(rotate(45), before, fixed(0.5))).toEqual([...before.samples]);
    }),
  );
  const turned = changed(rotate(180), picture([1, 2, 3, 4], 1, 2, 2), fixed(1));
  for (const [at, value] of [4, 3, 2, 1].entries()) expect(turned[at]).toBeCloseTo(value, 4);
});

test('colours change as ImageEnhance changes them, and not at all by a factor of 1', () => {
  fc.assert(
    fc.property(pictures, (before) => {
      const after = changed(colourJitter(0.4), before, fixed(0.5));
      for (const [at, value] of before.samples.entries()) expect(after[at]).toBeCloseTo(value, 3);
    }),
  );
  // Brightness 1.5 of a grey picture; contrast 1.5 around the mean of 90.
  expect(changed(colourJitter(1), picture([40, 80], 1, 1, 2), fixed(0.75))).toEqual([45, 135]);
});

test('erasing fills at most a third with noise, and leaves the rest', () => {
  const before = picture(new Array(900).fill(100), 1, 30, 30);
  for (let seed = 0; seed < 50; seed++) {
    const other = changed(erase(1), before, createRandom(seed)).filter((value) => value !== 100).length;
    expect(other).toBeGreaterThan(900 * 0.01);
    expect(other).toBeLessThan(900 * 0.36);
  }
  expect(changed(erase(0.3), before, fixed(0.3))).toEqual([...before.samples]);
});

const softBatches = fc
  .record({ rows: fc.integer({ min: 1, max: 7 }), outputs: fc.integer({ min: 2, max: 4 }), seed: fc.integer() })
  .map(({ rows, outputs, seed }) => {
    const targets = new Float32Array(rows * outputs);
    for (let row = 0; row < rows; row++) targets[row * outputs + (row % outputs)] = 1;
    const inputs = Float32Array.from({ length: rows * 3 * 5 * 4 }, (_, at) => 10 * Math.floor(at / 60) + 7);
    const batch: SoftBatch = { rows, inputs, targets, shape: [3, 5, 4], outputs };
    return { batch, seed };
  });

test.each([
  ['mixup', mixup(0.4)],
  ['cutmix', cutmix(1)],
])('%s keeps the mass of labels at 1, and mixes pictures and labels in the same share', (_name, blend) => {
  fc.assert(
    fc.property(softBatches, ({ batch, seed }) => {
      const before = batch.inputs.slice();
      blend(batch, createRandom(seed));
      for (let row = 0; row < batch.rows; row++) {
        const label = batch.targets.subarray(row * batch.outputs, (row + 1) * batch.outputs);
        expect(label.reduce((sum, share) => sum + share)).toBeCloseTo(1, 5);
        expect(Math.min(...label)).toBeGreaterThanOrEqual(0);
        const samples = batch.inputs.subarray(row * 60, (row + 1) * 60);
        const [least, most] = [Math.min(...before), Math.max(...before)];
        expect(Math.min(...samples)).toBeGreaterThanOrEqual(least - 1e-3);
        expect(Math.max(...samples)).toBeLessThanOrEqual(most + 1e-3);
      }
      // Every picture is of one value, so what it is now tells the share of its partner: the same as its label's.
      const kept = batch.rows === 2 ? batch.targets[0]! : null;
      if (kept !== null) {
        const mean = batch.inputs.subarray(0, 60).reduce((sum, value) => sum + value) / 60;
        expect(mean).toBeCloseTo(kept * before[0]! + (1 - kept) * before[60]!, 3);
      }
    }),
  );
});

test('Beta(a, a) has the mean ½ and the variance 1 / (8a + 4)', () => {
  for (const shape of [0.2, 1, 3]) {
    const random = createRandom(5);
    const drawn = Array.from({ length: 20_000 }, () => symmetricBeta(shape, random));
    const mean = drawn.reduce((sum, value) => sum + value) / drawn.length;
    const variance = drawn.reduce((sum, value) => sum + (value - mean) ** 2, 0) / drawn.length;
    expect(mean).toBeCloseTo(0.5, 1.7);
    expect(variance / (1 / (8 * shape + 4))).toBeCloseTo(1, 1);
    expect(drawn.every((value) => value >= 0 && value <= 1)).toBe(true);
  }
});

const read = (rows: Uint32Array, inputs: Float32Array, targets: Float32Array) => {
  for (const [at, row] of rows.entries()) {
    for (let sample = 0; sample < 48; sample++) inputs[at * 48 + sample] = (row * 31 + sample * 7) % 256;
    targets[at] = row % 3;
  }
};
const make = (augment: readonly object[]) =>
  createBatchMaker({ read, inputShape: [3, 4, 4], outputs: 3, plan: planAugment(dataSettings({ augment }).augment) });
const filled = (augment: readonly object[], rows: readonly number[], epoch = 1, batch = 0) => {
  const [inputs, targets] = [new Float32Array(rows.length * 48), new Float32Array(rows.length * 3)];
  make(augment)({ rows: Uint32Array.from(rows), batch, epoch, seed: 9 }, inputs, targets);
  return { inputs: [...inputs], targets: [...targets] };
};

test('a row is changed in the same way in whatever batch it is, and otherwise in another epoch', () => {
  const augment = [{ flip: 'horizontal' }, { crop: 2 }, { color_jitter: 0.3 }];
  const together = filled(augment, [5, 6, 7]).inputs;
  expect(filled(augment, [6]).inputs).toEqual(together.slice(48, 96));
  expect(filled(augment, [9, 7], 1, 4).inputs.slice(48)).toEqual(together.slice(96));
  expect(filled(augment, [5, 6, 7], 2).inputs).not.toEqual(together);
});

test('changes are done in the order in which they are written, and nothing without them', () => {
  expect(filled([{ rotate: 90 }, { crop: 3 }], [3]).inputs).not.toEqual(
    filled([{ crop: 3 }, { rotate: 90 }], [3]).inputs,
  );
  const plain = filled([{ normalize: 'imagenet' }], [3, 4]);
  const expected = new Float32Array(96);
  read(Uint32Array.of(3, 4), expected, new Float32Array(2));
  expect(plain.inputs).toEqual([...expected]);
  expect(plain.targets.slice(0, 2)).toEqual([0, 1]);
});

test('blended batches have distributions as targets', () => {
  const { targets } = filled([{ mixup: 0.2 }, { cutmix: 1 }], [0, 1, 2, 3]);
  for (let row = 0; row < 4; row++) {
    expect(targets.slice(row * 3, row * 3 + 3).reduce((sum, share) => sum + share)).toBeCloseTo(1, 5);
  }
});
