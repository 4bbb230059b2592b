import type { Random } from '../../sidecar/statistics/random.ts';
import { SIDE, type Digit } from './digits.ts';

/** Paper is never quite white in a bad scan; grey levels that noise adds at most. */
const NOISE = 60;
/** Degrees, to either side. */
const TURN = { least: 10, most: 22 };

/** The digit as a worse scanner would give it: turned by 10 to 22 degrees and noisy. */
export const disturb = (digit: Digit, random: Random): Digit => {
  const turned = rotate(
    digit.pixels,
    (random.next() < 0.5 ? -1 : 1) * (TURN.least + random.next() * (TURN.most - TURN.least)),
  );
  return { ...digit, pixels: turned.map((value) => Math.min(255, value + Math.floor(random.next() * NOISE))) };
};

/** Turns around the centre, with bilinear interpolation; what comes from outside is paper. */
const rotate = (pixels: Uint8Array, degrees: number): Uint8Array => {
  const angle = (degrees * Math.PI) / 180;
  const [cos, sin] = [Math.cos(angle), Math.sin(angle)];
  const centre = (SIDE - 1) / 2;
  return pixels.map((_, at) => {
    const [x, y] = [(at % SIDE) - centre, Math.floor(at / SIDE) - centre];
    return Math.round(sample(pixels, cos * x + sin * y + centre, cos * y - sin * x + centre));
  });
};

const sample = (pixels: Uint8Array, x: number, y: number): number => {
  const [left, top] = [Math.floor(x), Math.floor(y)];
  const [right, down] = [x - left, y - top];
  const at = (column: number, row: number) =>
    column < 0 || row < 0 || column >= SIDE || row >= SIDE ? 0 : (pixels[row * SIDE + column] ?? 0);
  const upper = at(left, top) * (1 - right) + at(left + 1, top) * right;
  const lower = at(left, top + 1) * (1 - right) + at(left + 1, top + 1) * right;
  return upper * (1 - down) + lower * down;
};
