import fc from 'fast-check';
import { expect, test } from 'vitest';
import { hashDistance } from '../../../../sidecar/datasets/difference/perceptual-hash.ts';
import { createSimilarIndex, SIMILAR_BITS } from '../../../../sidecar/datasets/difference/similar-index.ts';
import { createRandom } from '../../../../sidecar/statistics/random.ts';

const anyHash = fc.bigInt({ min: 0n, max: (1n << 64n) - 1n });
const flip = (hash: bigint, bits: readonly number[]): bigint =>
  bits.reduce((flipped, bit) => flipped ^ (1n << BigInt(bit)), hash);
/** Hashes around a few, so that there are near ones, equally near ones and equal ones. */
const clustered = fc.array(anyHash, { minLength: 1, maxLength: 4 }).chain((bases) =>
  fc.array(
    fc
      .tuple(fc.nat({ max: bases.length - 1 }), fc.array(fc.nat({ max: 63 }), { maxLength: 9 }))
      .map(([at, bits]) => flip(bases[at] ?? 0n, bits)),
    { minLength: 1, maxLength: 60 },
  ),
);

/** Of all, one after the other. */
const nearestOfAll = (hashes: readonly bigint[], wanted: bigint) => {
  const distances = hashes.map((hash) => hashDistance(hash, wanted));
  const distance = Math.min(...distances);
  return distance > SIMILAR_BITS ? null : { item: distances.indexOf(distance), distance };
};

test.each([
  ['which it looks for among those that share a band', Infinity],
  ['which it asks for where many share a band', 0],
])('the index finds the first of the nearest hashes, %s', (_how, fewCandidates) => {
  fc.assert(
    fc.property(clustered, fc.nat(), fc.array(fc.nat({ max: 63 }), { maxLength: 7 }), (hashes, which, bits) => {
      const index = createSimilarIndex(fewCandidates);
      hashes.forEach((hash, at) => index.add(hash, at));
      const wanted = flip(hashes[which % hashes.length] ?? 0n, bits);
      expect(index.nearest(wanted)).toEqual(nearestOfAll(hashes, wanted));
    }),
  );
});

const randomHashes = (seed: number) => {
  const random = createRandom(seed);
  const word = () => BigInt(Math.floor(random.next() * 2 ** 32));
  return { hash: () => (word() << 32n) | word(), bit: () => Math.floor(random.next() * 64) };
};

/** Hashes that are looked at for each, when each is looked for and then added. */
const lookedAt = (count: number, next: () => bigint): number => {
  const index = createSimilarIndex();
  for (let at = 0; at < count; at++) {
    const hash = next();
    index.nearest(hash);
    index.add(hash, at);
  }
  return index.looked() / count;
};

test('of hashes that are spread evenly it looks at one in a thousand', () => {
  const { hash } = randomHashes(1);
  expect(lookedAt(20_000, hash)).toBeLessThan(10_000 / 1_000);
});

test('among hashes that are all alike it looks at no more when there are more', () => {
  const frames = () => {
    const { hash, bit } = randomHashes(2);
    const first = hash();
    return () => flip(first, [bit(), bit(), bit(), bit()]);
  };
  const [few, many] = [lookedAt(8_000, frames()), lookedAt(24_000, frames())];
  expect(many).toBeLessThan(few * 1.2);
  expect(many).toBeLessThan(5_000);
}, 60_000);
