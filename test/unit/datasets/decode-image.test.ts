import { readFileSync } from 'node:fs';
import { encode } from 'fast-png';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { decodeImage } from '../../../sidecar/datasets/decode-image.ts';
import { pixelsOf } from '../../../sidecar/datasets/raster.ts';
import { resizeRaster } from '../../../sidecar/datasets/resize.ts';

const bytesOf = (name: string) => readFileSync(new URL(`../../fixtures/datasets/${name}`, import.meta.url));
interface Case {
  readonly file: string;
  readonly channels: 1 | 3;
  readonly size: [number, number] | null;
  readonly width: number;
  readonly height: number;
  readonly pixels: readonly number[];
}
const { cases } = JSON.parse(bytesOf('pictures.json').toString()) as { cases: readonly Case[] };

/**
 * JPEG decoders may round the inverse transform and the colours differently. The fixtures have full colour resolution,
 * since how halved colour planes are enlarged is left to the decoder as well.
 */
const tolerance = (file: string): number => (file.endsWith('.jpg') ? 4 : 0);

test.each(cases)('$file in $channels channels and size $size has the pixels that Pillow reads', (expected) => {
  const size = expected.size === null ? {} : { size: { width: expected.size[0], height: expected.size[1] } };
  const image = decodeImage(bytesOf(expected.file), { channels: expected.channels, ...size });
  expect([image.width, image.height]).toEqual([expected.width, expected.height]);
  expect(image.pixels).toHaveLength(expected.pixels.length);
  const furthest = Math.max(...expected.pixels.map((value, at) => Math.abs(value - image.pixels[at]!)));
  // Pillow rounds after each axis and works in fixed point, so a resized sample may be off by one.
  expect(furthest).toBeLessThanOrEqual(tolerance(expected.file) + (expected.size === null ? 0 : 1));
});

test.each([...new Set(cases.map(({ file }) => file))])(
  'how many pixels %s has is known before it is decoded',
  (file) => {
    const { width, height } = decodeImage(bytesOf(file), { channels: 3 });
    expect(pixelsOf(bytesOf(file))).toBe(width * height);
  },
);

test('what is no picture has no pixels', () => {
  for (const text of ['', 'no picture', '\xff\xd8', '\x89PNG\r\n\x1a\n'])
    expect(pixelsOf(Buffer.from(text, 'latin1'))).toBe(0);
});

test('16 bits become 8 by the nearest value', () => {
  const data = Uint16Array.from([0, 128, 129, 257, 65_535, 32_768]);
  const bytes = encode({ width: 3, height: 2, channels: 1, depth: 16, data });
  expect([...decodeImage(bytes, { channels: 1 }).pixels]).toEqual([0, 0, 1, 1, 255, 128]);
  expect(decodeImage(bytesOf('grey-16.png'), { channels: 1 }).pixels).toHaveLength(12 * 9);
});

test('grey becomes three equal planes and colours lie plane by plane', () => {
  const colours = encode({ width: 2, height: 1, channels: 3, data: Uint8Array.from([1, 2, 3, 4, 5, 6]) });
  expect([...decodeImage(colours, { channels: 3 }).pixels]).toEqual([1, 4, 2, 5, 3, 6]);
  const grey = encode({ width: 2, height: 1, channels: 1, data: Uint8Array.from([7, 9]) });
  expect([...decodeImage(grey, { channels: 3 }).pixels]).toEqual([7, 9, 7, 9, 7, 9]);
});

test('resizing keeps a flat picture flat and never leaves the range', () => {
  fc.assert(
    fc.property(
      fc.record({ width: fc.integer({ min: 1, max: 12 }), height: fc.integer({ min: 1, max: 12 }) }),
      fc.record({ width: fc.integer({ min: 1, max: 30 }), height: fc.integer({ min: 1, max: 30 }) }),
      fc.nat({ max: 255 }),
      fc.infiniteStream(fc.nat({ max: 255 })),
      (from, to, level, noise) => {
        const raster = (value: () => number) => ({
          ...from,
          channels: 1 as const,
          data: Uint8Array.from({ length: from.width * from.height }, value),
        });
        const flat = resizeRaster(
          raster(() => level),
          to.width,
          to.height,
        );
        expect(new Set(flat.data)).toEqual(new Set([level]));
        const source = raster(() => noise.next().value as number);
        const { data } = resizeRaster(source, to.width, to.height);
        expect(data).toHaveLength(to.width * to.height);
        expect(Math.min(...data)).toBeGreaterThanOrEqual(Math.min(...source.data));
        expect(Math.max(...data)).toBeLessThanOrEqual(Math.max(...source.data));
      },
    ),
  );
});

test.each([
  ['nothing', Buffer.alloc(0), /it is empty/],
  ['text', Buffer.from('hello, I am no picture'), /neither PNG nor JPEG/],
  ['a GIF', Buffer.from('GIF89a......'), /neither PNG nor JPEG/],
  ['half a PNG', bytesOf('colour.png').subarray(0, 80), /damaged PNG/],
  ['the signature of a PNG', bytesOf('colour.png').subarray(0, 8), /damaged PNG/],
  ['half a JPEG', bytesOf('colour.jpg').subarray(0, 300), /damaged JPEG/],
  ['the start of a JPEG', Buffer.from([0xff, 0xd8, 0xff]), /damaged JPEG/],
])('%s is refused in a few words', (_what, bytes, words) => {
  expect(() => decodeImage(bytes, { channels: 3 })).toThrow(words);
});

test('a picture that announces more pixels than memory holds is refused before they are laid out', () => {
  const bytes = Buffer.from(bytesOf('grey.png'));
  bytes.writeUInt32BE(0x7fffffff, 16);
  bytes.writeUInt32BE(0x7fffffff, 20);
  expect(() => decodeImage(bytes, { channels: 1 })).toThrow(/pixels, more than/);
});

test('whatever bytes come, the answer is a picture or an error in words', () => {
  const sources = [
    'colour.png',
    'palette.png',
    'interlaced.png',
    'bits.png',
    'colour.jpg',
    'progressive.jpg',
    'grey.jpg',
  ].map(bytesOf);
  fc.assert(
    fc.property(
      fc.constantFrom(...sources),
      fc.nat(),
      fc.nat({ max: 255 }),
      fc.boolean(),
      (source, position, value, cut) => {
        const bytes = Buffer.from(source);
        bytes[position % bytes.length] = value;
        const damaged = cut ? bytes.subarray(0, position % bytes.length) : bytes;
        try {
          const { pixels, width, height } = decodeImage(damaged, { channels: 3 });
          expect(pixels).toHaveLength(width * height * 3);
        } catch (error) {
          expect(error).toBeInstanceOf(Error);
          expect((error as Error).message).toMatch(/^it (is|has) /);
        }
      },
    ),
    { numRuns: 400 },
  );
});
