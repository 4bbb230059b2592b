import fc from 'fast-check';
import { GEAR_TABLE, Hasher } from 'gearhash-jit';
import { expect, test } from 'vitest';
import { CHUNK_MAX, CHUNK_MIN, startChunker } from '../../../../sidecar/versions/store/chunker.ts';
import { gearModule } from '../../../../sidecar/versions/store/gear-module.ts';
import { createGearScanner, GEAR_WINDOW } from '../../../../sidecar/versions/store/gear-scanner.ts';
import { noise, splitMix } from './noise.ts';

const WORD = (1n << 64n) - 1n;
const MASK = 0xffff000000000000n;

/** The gear hash as its definition reads. */
const plainMatches = (bytes: Uint8Array): number[] => {
  let state = 0n;
  const matches: number[] = [];
  bytes.forEach((byte, at) => {
    state = ((state << 1n) + GEAR_TABLE[byte]!) & WORD;
    if ((state & MASK) === 0n) matches.push(at + 1);
  });
  return matches;
};

const scannedMatches = (bytes: Uint8Array, pieces: readonly number[] = []): number[] => {
  const scanner = createGearScanner();
  const matches: number[] = [];
  let start = 0;
  for (const end of [...pieces, bytes.length]) {
    for (let at = start; (at = scanner.next(bytes, at, end)) !== -1;) matches.push(at);
    start = end;
  }
  return matches;
};

/** Bytes with runs and repeats, among which matches are frequent: 20 entries of the table have 16 leading zeros. */
const bytesWithMatches = fc.oneof(
  fc.uint8Array({ maxLength: 3_000 }),
  fc
    .string({ unit: fc.constantFrom('0', 'C', 'I', 'b', 'u', '*', '\\', '{', ','), maxLength: 2_000 })
    .map((text) => Buffer.from(text)),
);

test('the scanner finds what the definition of the gear hash finds, however the bytes are fed', () => {
  fc.assert(
    fc.property(bytesWithMatches, fc.array(fc.nat(3_000), { maxLength: 5 }), (bytes, at) => {
      const pieces = at.filter((end) => end <= bytes.length).sort((a, b) => a - b);
      expect(scannedMatches(bytes, pieces)).toEqual(plainMatches(bytes));
    }),
    { numRuns: 200 },
  );
});

test('the scanner finds what gearhash-jit finds in megabytes', () => {
  const bytes = noise(3_000_000, 7);
  const peer = new Hasher(MASK);
  const expected: number[] = [];
  for (let at = 0; at < bytes.length;) {
    // It takes half a megabyte at a time and goes on where it was.
    const piece = bytes.subarray(at, at + 500_000);
    const found = peer.nextMatch(piece);
    at += found === -1 ? piece.length : found;
    if (found !== -1) expected.push(at);
  }
  expect(expected.length).toBeGreaterThan(20);
  expect(scannedMatches(bytes)).toEqual(expected);
});

test('matches are a function of the last 64 bytes, so that segments can be scanned apart', () => {
  const bytes = noise(2_000_000, 11);
  const whole = scannedMatches(bytes).filter((at) => at >= GEAR_WINDOW);
  for (const segment of [100_000, 333_333, 1_000_000]) {
    const apart: number[] = [];
    for (let start = 0; start < bytes.length; start += segment) {
      const before = Math.max(0, start - GEAR_WINDOW);
      const matches = scannedMatches(bytes.subarray(before, Math.min(start + segment, bytes.length)));
      apart.push(...matches.map((at) => at + before).filter((at) => at > start && at >= GEAR_WINDOW));
    }
    expect(apart).toEqual(whole);
  }
});

test('the module is small enough to read', () => {
  expect(gearModule(5).length).toBeLessThan(1024);
});

const cutsOf = (bytes: Uint8Array, step = bytes.length): number[] => {
  const chunker = startChunker();
  const cuts: number[] = [];
  let end = 0;
  for (let at = 0; at < bytes.length; at += step) {
    for (const chunk of chunker.push(bytes.subarray(at, at + step))) cuts.push((end += chunk.length));
  }
  const rest = chunker.end();
  return rest === null ? cuts : [...cuts, end + rest.length];
};

test('cuts are those of xet-core’s own test of a megabyte of random bytes', () => {
  const bytes = splitMix(1_000_000, 0n);
  expect([bytes[0], bytes[127], bytes[111_111]]).toEqual([175, 132, 118]);
  expect(cutsOf(bytes)).toEqual([
    84493, 134421, 144853, 243318, 271793, 336457, 467529, 494581, 582000, 596735, 616815, 653164, 678202, 724510,
    815591, 827760, 958832, 991092, 1000000,
  ]);
});

test('cuts are those of xet-core’s own test of a megabyte of one byte', () => {
  expect(cutsOf(Buffer.alloc(1_000_000, 59))).toEqual([
    131072, 262144, 393216, 524288, 655360, 786432, 917504, 1000000,
  ]);
});

test('the same cuts come of pieces of any size, and the chunks are the bytes', () => {
  fc.assert(
    fc.property(
      fc.integer({ min: 1, max: 400_000 }),
      fc.nat(1_000),
      fc.integer({ min: 1, max: 70_000 }),
      (size, seed, step) => {
        const bytes = noise(size, seed);
        expect(cutsOf(bytes, step)).toEqual(cutsOf(bytes));
        const chunker = startChunker();
        const chunks = [...chunker.push(bytes)].map((chunk) => Buffer.from(chunk));
        expect(Buffer.concat([...chunks, chunker.end() ?? Buffer.alloc(0)]).equals(bytes)).toBe(true);
      },
    ),
    { numRuns: 30 },
  );
});

test('every chunk but the last is within its bounds, also where every byte matches', () => {
  const digits = Buffer.from(Array.from({ length: 300_000 }, (_, row) => `${row % 977},0,${row % 7}\n`).join(''));
  for (const bytes of [digits, noise(2_000_000, 3), Buffer.alloc(500_000, 0x30)]) {
    const cuts = cutsOf(bytes);
    const lengths = cuts.map((end, at) => end - (cuts[at - 1] ?? 0));
    expect(Math.max(...lengths)).toBeLessThanOrEqual(CHUNK_MAX);
    expect(Math.min(...lengths.slice(0, -1))).toBeGreaterThanOrEqual(CHUNK_MIN);
  }
});

/** The rule as it reads, applied to matches that were found before. */
const boundedCuts = (matches: readonly number[], size: number): number[] => {
  const cuts: number[] = [];
  for (let start = 0; start < size;) {
    const match = matches.find((at) => at - start >= CHUNK_MIN) ?? Infinity;
    start = Math.min(match, start + CHUNK_MAX, size);
    cuts.push(start);
  }
  return cuts;
};

test('segments scanned apart give the same cuts when the bounds are applied afterwards', () => {
  fc.assert(
    fc.property(
      fc.integer({ min: 1, max: 600_000 }),
      fc.nat(1_000),
      fc.integer({ min: 1_000, max: 200_000 }),
      (size, seed, segment) => {
        // Every second block is of digits, where matches are frequent.
        const bytes = noise(size, seed);
        for (let at = 0; at < size; at += 60_000) bytes.fill('0,1\n5', at, Math.min(size, at + 30_000));
        const matches: number[] = [];
        for (let start = 0; start < size; start += segment) {
          const before = Math.max(0, start - GEAR_WINDOW);
          const found = scannedMatches(bytes.subarray(before, start + segment)).map((at) => at + before);
          matches.push(...found.filter((at) => at > start));
        }
        expect(cutsOf(bytes)).toEqual(boundedCuts(matches, size));
      },
    ),
    { numRuns: 25 },
  );
});

test('an edit changes the chunks around it and no others', () => {
  fc.assert(
    fc.property(fc.nat(1_900_000), fc.uint8Array({ maxLength: 200 }), fc.nat(200), (at, inserted, removed) => {
      const before = noise(2_000_000, 5);
      const after = Buffer.concat([before.subarray(0, at), inserted, before.subarray(at + removed)]);
      const known = new Set(chunksOf(before));
      const fresh = chunksOf(after).filter((chunk) => !known.has(chunk));
      expect(fresh.length).toBeLessThanOrEqual(8);
    }),
    { numRuns: 20 },
  );
});

const chunksOf = (bytes: Buffer): string[] => {
  const cuts = cutsOf(bytes);
  return cuts.map((end, at) => bytes.toString('latin1', cuts[at - 1] ?? 0, end));
};
