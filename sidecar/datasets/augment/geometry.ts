import { redraw, type Change } from './change.ts';

/** Mirrors half of the pictures. */
export const flip =
  (axis: 'horizontal' | 'vertical'): Change =>
  (picture, random, scratch) => {
    if (random.uniform() >= 0.5) return;
    const { height, width } = picture;
    redraw(picture, scratch, (plane, row, column) =>
      axis === 'horizontal'
        ? (plane[row * width + width - 1 - column] ?? 0)
        : (plane[(height - 1 - row) * width + column] ?? 0),
    );
  };

/** Pads with black by so many pixels on each side, and cuts out a part of the old size. */
export const crop =
  (pixels: number): Change =>
  (picture, random, scratch) => {
    const down = random.below(2 * pixels + 1) - pixels;
    const right = random.below(2 * pixels + 1) - pixels;
    if (down === 0 && right === 0) return;
    const { height, width } = picture;
    redraw(picture, scratch, (plane, row, column) => {
      const [y, x] = [row + down, column + right];
      return y < 0 || y >= height || x < 0 || x >= width ? 0 : (plane[y * width + x] ?? 0);
    });
  };

/** Turns around the middle by up to so many degrees, bilinear, black where nothing was. */
export const rotate =
  (degrees: number): Change =>
  (picture, random, scratch) => {
    const angle = ((2 * random.uniform() - 1) * degrees * Math.PI) / 180;
    const [sine, cosine] = [Math.sin(angle), Math.cos(angle)];
    const { height, width } = picture;
    const [middleRow, middleColumn] = [(height - 1) / 2, (width - 1) / 2];
    redraw(picture, scratch, (plane, row, column) => {
      const [y, x] = [row - middleRow, column - middleColumn];
      return bilinear(
        { plane, height, width },
        middleRow + cosine * y - sine * x,
        middleColumn + sine * y + cosine * x,
      );
    });
  };

interface Plane {
  readonly plane: Float32Array;
  readonly height: number;
  readonly width: number;
}

const bilinear = ({ plane, height, width }: Plane, y: number, x: number): number => {
  const [top, left] = [Math.floor(y), Math.floor(x)];
  const [down, right] = [y - top, x - left];
  const at = (row: number, column: number) =>
    row < 0 || row >= height || column < 0 || column >= width ? 0 : (plane[row * width + column] ?? 0);
  const upper = at(top, left) * (1 - right) + at(top, left + 1) * right;
  const lower = at(top + 1, left) * (1 - right) + at(top + 1, left + 1) * right;
  return upper * (1 - down) + lower * down;
};
