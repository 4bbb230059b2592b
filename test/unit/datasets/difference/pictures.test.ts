import { decode, encode } from 'fast-png';
import fc from 'fast-check';
import { encode as encodeJpeg } from 'jpeg-js';
import { existsSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { compareData, type ComparedState } from '../../../../sidecar/datasets/difference/compare-data.ts';
import { hashDistance, perceptualHash } from '../../../../sidecar/datasets/difference/perceptual-hash.ts';
import { openRuns } from '../../../../sidecar/datasets/difference/known-runs.ts';
import { openLooks } from '../../../../sidecar/datasets/difference/picture-looks.ts';
import { SIMILAR_BITS } from '../../../../sidecar/datasets/difference/similar-index.ts';
import { createSheets, SHEET_COLUMNS, TILE_PIXELS } from '../../../../sidecar/datasets/difference/thumbnails.ts';
import { readRaster, type Raster } from '../../../../sidecar/datasets/raster.ts';
import { resizeRaster } from '../../../../sidecar/datasets/resize.ts';
import { createRandom } from '../../../../sidecar/statistics/random.ts';
import { sha256Of } from '../../../../sidecar/versions/hash.ts';
import { entryPath } from '../../../../sidecar/work/entry.ts';
import { comparePaths } from '../../../../sidecar/versions/tree/path-order.ts';
import { freshFolder } from '../../../support/fresh-folder.ts';

/** A picture of blobs, large and small: no two seeds look alike. */
const picture = (seed: number, side = 64): Raster => {
  const random = createRandom(seed);
  const blobs = Array.from({ length: 40 }, () => ({
    x: random.next() * side,
    y: random.next() * side,
    reach: (0.03 + random.next() ** 2 * 0.2) * side,
    weight: random.next() * 120 - 60,
  }));
  const data = new Uint8Array(side * side * 3);
  for (let at = 0; at < side * side; at++) {
    const value = blobs.reduce((sum, { x, y, reach, weight }) => {
      const away = ((at % side) - x) ** 2 + (Math.floor(at / side) - y) ** 2;
      return sum + weight * Math.exp(-away / (2 * reach * reach));
    }, 110);
    data.fill(Math.min(255, Math.max(0, Math.round(value))), at * 3, at * 3 + 3);
  }
  return { width: side, height: side, channels: 3, data };
};
const png = ({ width, height, channels, data }: Raster): Uint8Array => encode({ width, height, channels, data });
const lighter = (raster: Raster, by: number): Raster => ({
  ...raster,
  data: raster.data.map((value) => Math.min(255, value + by)),
});
const jpeg = ({ width, height, data }: Raster, quality: number): Raster => {
  const rgba = new Uint8Array(width * height * 4).fill(255);
  for (let at = 0; at < width * height; at++) rgba.set(data.subarray(at * 3, at * 3 + 3), at * 4);
  return readRaster(encodeJpeg({ width, height, data: rgba }, quality).data);
};

test.each<[string, (raster: Raster) => Raster]>([
  ['half its size', (raster) => resizeRaster(raster, 32, 32)],
  ['another ratio', (raster) => resizeRaster(raster, 96, 50)],
  ['a JPEG of quality 40', (raster) => jpeg(raster, 40)],
  ['a little lighter', (raster) => lighter(raster, 12)],
  [
    'in grey',
    (raster) => ({ ...raster, channels: 1, data: raster.data.filter((_value, at) => at % 3 === 0) }) satisfies Raster,
  ],
])('a picture and itself in %s look alike', (_what, change) => {
  for (let seed = 0; seed < 40; seed++) {
    const distance = hashDistance(perceptualHash(picture(seed)), perceptualHash(change(picture(seed))));
    expect(distance).toBeLessThanOrEqual(SIMILAR_BITS);
  }
});

test('different pictures differ in about half of the bits, and a mirrored one is different', () => {
  const distances = Array.from({ length: 60 }, (_, seed) =>
    hashDistance(perceptualHash(picture(seed)), perceptualHash(picture(seed + 1000))),
  );
  expect(Math.min(...distances)).toBeGreaterThan(SIMILAR_BITS);
  expect(distances.reduce((sum, one) => sum + one, 0) / distances.length).toBeGreaterThan(24);
  const one = picture(3);
  const mirrored = {
    ...one,
    data: Uint8Array.from(one.data, (_, at) => {
      const [row, column] = [Math.floor(at / 192), Math.floor((at % 192) / 3)];
      return one.data[row * 192 + (63 - column) * 3 + (at % 3)] ?? 0;
    }),
  };
  expect(hashDistance(perceptualHash(one), perceptualHash(mirrored))).toBeGreaterThan(SIMILAR_BITS);
});

test('pictures of one colour differ by their brightness', () => {
  const flat = (value: number) =>
    perceptualHash({ width: 9, height: 5, channels: 1, data: new Uint8Array(45).fill(value) });
  expect(hashDistance(flat(0), flat(255))).toBe(63);
  expect(hashDistance(flat(100), flat(104))).toBeLessThanOrEqual(1);
});

test('the distance of two hashes is the number of bits in which they differ', () => {
  const hashes = fc.bigInt({ min: 0n, max: (1n << 64n) - 1n });
  fc.assert(
    fc.property(hashes, hashes, (one, other) => {
      expect(hashDistance(one, other)).toBe((one ^ other).toString(2).replaceAll('0', '').length);
    }),
  );
});

test('small pictures stand on sheets of 256, in their own ratio on nothing', () => {
  const sheets: Uint8Array[] = [];
  const drawn = createSheets((bytes, sheet) => {
    sheets.push(bytes);
    return `s${sheet}`;
  });
  const wide: Raster = { width: 40, height: 20, channels: 1, data: new Uint8Array(800).fill(200) };
  const tiles = Array.from({ length: 258 }, () => drawn.draw(wide));
  expect(drawn.finish()).toEqual(['s0', 's1']);
  expect(tiles[17]).toEqual({ sheet: 0, square: 17 });
  expect(tiles[257]).toEqual({ sheet: 1, square: 1 });
  const { width, data } = decode(sheets[1]!);
  expect(width).toBe(SHEET_COLUMNS * TILE_PIXELS);
  const pixel = (x: number, y: number) => [...data.slice((y * width + x) * 4, (y * width + x) * 4 + 4)];
  expect(pixel(TILE_PIXELS + 48, 48)).toEqual([200, 200, 200, 255]);
  expect(pixel(TILE_PIXELS + 48, 5)).toEqual([0, 0, 0, 0]);
  expect(pixel(2 * TILE_PIXELS + 48, 48)).toEqual([0, 0, 0, 0]);
});

const stateOf = (files: Readonly<Record<string, Uint8Array>>): ComparedState => {
  const listed = Object.entries(files)
    .map(([path, bytes]) => ({ path, size: bytes.length, content: sha256Of(bytes), executable: false }))
    .sort((a, b) => comparePaths(a.path, b.path));
  const bytesOf = new Map(Object.values(files).map((bytes) => [sha256Of(bytes), Buffer.from(bytes)]));
  return {
    type: 'folder',
    kind: 'image-folder',
    files: () => listed,
    contents: {
      get: ({ content }) => bytesOf.get(content)!,
      pieces: function* ({ content }) {
        yield bytesOf.get(content)!;
      },
      open: () => {
        throw new Error('no picture is read in ranges');
      },
      parts: () => {
        throw new Error('no picture is compared in pieces');
      },
    },
  };
};

const compare = (from: ComparedState, to: ComparedState, folder = freshFolder(), lookProgram: string | null = null) =>
  compareData(
    {
      path: 'data/images',
      from,
      to,
      key: [],
      target: null,
      likelyTarget: null,
      looks: openLooks(join(folder, 'looks.bin')),
      runs: openRuns(join(folder, 'runs.jsonl')),
      sheets: createSheets((bytes, sheet) => {
        writeFileSync(join(folder, `${sheet}.png`), bytes);
        return `${sheet}.png`;
      }),
      lookProgram,
      scratch: join(folder, 'scratch'),
    },
    { signal: new AbortController().signal, progress: () => undefined, log: () => undefined },
  );

const old = {
  'cats/a.png': png(picture(1)),
  'cats/b.png': png(picture(2)),
  'cats/c.png': png(picture(3)),
  'dogs/d.png': png(picture(4)),
  'dogs/e.png': png(picture(5)),
};

test('a difference of pictures names what changed, moved class, and what is new and looks like another', async () => {
  const folder = freshFolder();
  const { pictures } = await compare(
    stateOf(old),
    stateOf({
      'cats/a.png': png(lighter(picture(1), 10)),
      'cats/b.png': png(resizeRaster(picture(40), 32, 48)),
      'dogs/c.png': old['cats/c.png'],
      'dogs/d.png': old['dogs/d.png'],
      'dogs/e.png': old['dogs/e.png'],
      'dogs/near.png': png(resizeRaster(picture(5), 40, 40)),
      'dogs/same.png': old['dogs/d.png'],
      'cats/new.png': png(picture(77)),
      'cats/new-again.png': png(lighter(picture(77), 6)),
      'cats/broken.png': Buffer.from('no picture'),
    }),
    folder,
  );
  expect(pictures).toMatchObject({ from: 5, to: 10, changed: 2, similar: 3, equal: 1, unreadable: 1 });
  expect(pictures?.changedExamples.map(({ path, to }) => [path, to?.width, to?.height])).toEqual([
    ['cats/b.png', 32, 48],
    ['cats/a.png', 64, 64],
  ]);
  expect(pictures?.changedExamples[0]?.distance).toBeGreaterThan(SIMILAR_BITS);
  expect(pictures?.changedExamples[1]?.distance).toBeLessThanOrEqual(SIMILAR_BITS);
  expect(pictures?.similarExamples.map(({ path, like, among, equal }) => [path, like, among, equal])).toEqual(
    expect.arrayContaining([
      ['dogs/same.png', 'dogs/d.png', 'from', true],
      ['dogs/near.png', 'dogs/e.png', 'from', false],
      ['cats/new.png', 'cats/new-again.png', 'added', false],
    ]) as unknown,
  );
  expect(pictures?.labels).toMatchObject({
    column: null,
    flipped: 1,
    pairs: [{ from: 'cats', to: 'dogs', count: 1, examples: ['dogs/c.png'] }],
    classes: [
      { name: 'cats', from: 3, to: 5 },
      { name: 'dogs', from: 2, to: 5 },
    ],
  });
  expect(pictures?.unreadableExamples).toEqual([{ path: 'cats/broken.png', why: 'it is neither PNG nor JPEG' }]);
  expect(pictures?.sheets).toEqual(['0.png']);
  expect(existsSync(join(folder, '0.png'))).toBe(true);
});

test('many pictures that threads look at differ as those that are looked at one by one', async () => {
  const side = (seed: number) => png({ width: 8, height: 8, channels: 1, data: noiseOf(seed) });
  const before = Object.fromEntries(Array.from({ length: 600 }, (_, at) => [`a/${at}.png`, side(at)]));
  const after = {
    ...Object.fromEntries(Object.entries(before).map(([path, bytes], at) => [path, at < 5 ? side(at + 5_000) : bytes])),
    'a/again.png': side(3),
    'a/torn.png': side(9_000).subarray(0, 30),
  };
  const alone = await compare(stateOf(before), stateOf(after));
  const folder = freshFolder();
  const threads = await compare(stateOf(before), stateOf(after), folder, entryPath('looks'));
  expect(threads.pictures).toEqual(alone.pictures);
  expect(threads.pictures).toMatchObject({ changed: 5, equal: 1, unreadable: 1 });
  const looks = openLooks(join(folder, 'looks.bin'));
  const contents = Object.values(before).map(sha256Of);
  looks.recall(contents);
  expect(contents.every(looks.has)).toBe(true);
});

test('a second comparison reads of all pictures those that are shown, and what is new', async () => {
  const side = (seed: number) => png({ width: 8, height: 8, channels: 1, data: noiseOf(seed) });
  const before = Object.fromEntries(Array.from({ length: 80 }, (_, at) => [`a/${at}.png`, side(at)]));
  const folder = freshFolder();
  await compare(stateOf(before), stateOf({ ...before, 'a/x.png': side(100) }), folder);
  const read: string[] = [];
  const counted = (state: ComparedState): ComparedState => ({
    ...state,
    contents: {
      ...state.contents,
      get: (file) => {
        read.push(file.content);
        return state.contents.get(file);
      },
    },
  });
  const after = { ...before, 'a/x.png': side(100), 'a/y.png': side(101), 'a/again.png': side(7) };
  const { pictures } = await compare(counted(stateOf(before)), counted(stateOf(after)), folder);
  expect(pictures).toMatchObject({ similar: 1, equal: 1 });
  expect(read.sort()).toEqual([sha256Of(side(101)), sha256Of(side(7)), sha256Of(side(7))].sort());
});

const noiseOf = (seed: number): Uint8Array => {
  const random = createRandom(seed);
  return Uint8Array.from({ length: 64 }, () => Math.floor(random.next() * 256));
};
