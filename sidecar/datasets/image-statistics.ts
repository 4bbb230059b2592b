export interface ImageStatistics {
  /** Mean of the luma, 0 … 255. */
  readonly brightness: number;
  /** Standard deviation of the luma, 0 … 127.5. */
  readonly contrast: number;
  /** Variance of the Laplacian (4 neighbours) of the luma: low in a blurred picture. 0 below 3 × 3 pixels. */
  readonly sharpness: number;
}

/**
 * What is watched of a picture: enough to notice a dark room, a bleached sensor or a lens out of focus.
 * Sharpness as in Pech-Pacheco et al., "Diatom autofocusing in brightfield microscopy" (ICPR 2000).
 * @param pixels samples 0 … 255, channel by channel
 * @param shape `[C, H, W]`, C being 1 or 3
 */
export const imageStatistics = (pixels: ArrayLike<number>, shape: readonly number[]): ImageStatistics => {
  const [channels = 1, height = 0, width = 0] = shape;
  const luma = lumaOf(pixels, channels, height * width);
  const light = momentsOf(luma);
  return {
    brightness: light.mean,
    contrast: Math.sqrt(light.variance),
    sharpness: momentsOf(laplacian(luma, height, width)).variance,
  };
};

/** Weights of ITU-R BT.601. */
const lumaOf = (pixels: ArrayLike<number>, channels: number, plane: number): Float64Array => {
  const luma = new Float64Array(plane);
  for (let at = 0; at < plane; at++) {
    const first = pixels[at] ?? 0;
    luma[at] =
      channels === 3
        ? 0.299 * first + 0.587 * (pixels[plane + at] ?? 0) + 0.114 * (pixels[2 * plane + at] ?? 0)
        : first;
  }
  return luma;
};

const laplacian = (luma: Float64Array, height: number, width: number): Float64Array => {
  const inner = new Float64Array(Math.max(0, height - 2) * Math.max(0, width - 2));
  let into = 0;
  for (let row = 1; row < height - 1; row++) {
    for (let column = 1; column < width - 1; column++) {
      const at = row * width + column;
      const around = (luma[at - 1] ?? 0) + (luma[at + 1] ?? 0) + (luma[at - width] ?? 0) + (luma[at + width] ?? 0);
      inner[into++] = around - 4 * (luma[at] ?? 0);
    }
  }
  return inner;
};

const momentsOf = (values: Float64Array): { mean: number; variance: number } => {
  if (values.length === 0) return { mean: 0, variance: 0 };
  let sum = 0;
  for (const value of values) sum += value;
  const mean = sum / values.length;
  let squares = 0;
  for (const value of values) squares += (value - mean) ** 2;
  return { mean, variance: squares / values.length };
};
