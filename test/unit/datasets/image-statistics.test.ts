import { expect, test } from 'vitest';
import { imageStatistics } from '../../../sidecar/datasets/image-statistics.ts';

test('a flat picture has its brightness, no contrast and no sharpness', () => {
  expect(imageStatistics(new Float32Array(25).fill(70), [1, 5, 5])).toEqual({
    brightness: 70,
    contrast: 0,
    sharpness: 0,
  });
});

test('half black, half white has contrast 127.5', () => {
  const pixels = Uint8Array.from({ length: 16 }, (_, at) => (at < 8 ? 0 : 255));
  expect(imageStatistics(pixels, [1, 4, 4])).toMatchObject({ brightness: 127.5, contrast: 127.5 });
});

test('colours are weighed as the eye does', () => {
  const pure = (channel: number) =>
    Uint8Array.from({ length: 27 }, (_, at) => (Math.floor(at / 9) === channel ? 200 : 0));
  const brightness = [0, 1, 2].map((channel) => imageStatistics(pure(channel), [3, 3, 3]).brightness);
  expect(brightness[0]).toBeCloseTo(59.8);
  expect(brightness[1]).toBeCloseTo(117.4);
  expect(brightness[2]).toBeCloseTo(22.8);
});

test('sharpness is the variance of the Laplacian: one bright pixel in 5 by 5', () => {
  const pixels = new Float32Array(25);
  pixels[12] = 9;
  // Laplacian of the 3 by 3 inside: -36 in the middle, 9 at its 4 neighbours, 0 at the corners; its mean is 0.
  expect(imageStatistics(pixels, [1, 5, 5]).sharpness).toBeCloseTo((36 * 36 + 4 * 81) / 9);
});

test('a blurred edge is less sharp than a clear one', () => {
  const edge = (ramp: number) =>
    Float32Array.from({ length: 400 }, (_, at) => Math.min(255, Math.max(0, ((at % 20) - 10) * ramp + 127)));
  expect(imageStatistics(edge(255), [1, 20, 20]).sharpness).toBeGreaterThan(
    imageStatistics(edge(20), [1, 20, 20]).sharpness,
  );
});

test('a picture too small for a Laplacian has sharpness 0', () => {
  expect(imageStatistics([1, 2, 3, 4], [1, 2, 2]).sharpness).toBe(0);
});
