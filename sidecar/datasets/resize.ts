import type { Raster } from './raster.ts';

/** Contributions of the samples of one axis to each sample of the new one. */
interface Weights {
  readonly first: Uint32Array;
  /** `taps` weights a new sample, adding up to 1; unused ones are 0. */
  readonly weights: Float32Array;
  readonly taps: number;
}

/**
 * Resizes by a triangle filter along each axis: bilinear when enlarging, and widened to cover all pixels that fall
 * together when shrinking, so that no detail aliases. This is what Pillow calls `BILINEAR`; ratio is not kept.
 */
export const resizeRaster = (raster: Raster, width: number, height: number): Raster => {
  if (raster.width === width && raster.height === height) return raster;
  const { channels } = raster;
  const across = weightsOf(raster.width, width);
  const down = weightsOf(raster.height, height);
  const narrow = new Float32Array(raster.height * width * channels);
  for (let row = 0; row < raster.height; row++) {
    blend(raster.data, narrow, across, {
      from: row * raster.width * channels,
      to: row * width * channels,
      step: channels,
      lanes: channels,
    });
  }
  const data = new Float32Array(height * width * channels);
  blend(narrow, data, down, { from: 0, to: 0, step: width * channels, lanes: width * channels });
  return { width, height, channels, data: toSamples(data) };
};

/** A loop, since `Uint8Array.from` makes an object of every number on its way. */
const toSamples = (values: Float32Array): Uint8Array => {
  const samples = new Uint8Array(values.length);
  for (let at = 0; at < values.length; at++) samples[at] = Math.min(255, Math.max(0, Math.round(values[at] ?? 0)));
  return samples;
};

/** Centre of new sample i lies at `(i + ½) · scale`; the triangle reaches `max(1, scale)` to both sides. */
const weightsOf = (from: number, to: number): Weights => {
  const scale = from / to;
  const reach = Math.max(1, scale);
  const taps = Math.ceil(reach) * 2 + 1;
  const first = new Uint32Array(to);
  const weights = new Float32Array(to * taps);
  for (let at = 0; at < to; at++) {
    const centre = (at + 0.5) * scale;
    const low = Math.max(0, Math.floor(centre - reach + 0.5));
    const high = Math.min(from, Math.floor(centre + reach + 0.5));
    first[at] = low;
    let sum = 0;
    for (let sample = low; sample < high; sample++) {
      const weight = Math.max(0, 1 - Math.abs((sample + 0.5 - centre) / reach));
      weights[at * taps + sample - low] = weight;
      sum += weight;
    }
    for (let tap = 0; tap < high - low; tap++) weights[at * taps + tap] = (weights[at * taps + tap] ?? 0) / sum;
  }
  return { first, weights, taps };
};

interface Lines {
  readonly from: number;
  readonly to: number;
  /** Distance between neighbours along the axis. */
  readonly step: number;
  /** Values side by side that share the weights. */
  readonly lanes: number;
}

const blend = (
  source: Uint8Array | Float32Array,
  target: Float32Array,
  { first, weights, taps }: Weights,
  lines: Lines,
): void => {
  const { from, to, step, lanes } = lines;
  for (let at = 0; at < first.length; at++) {
    const begin = from + (first[at] ?? 0) * step;
    for (let tap = 0; tap < taps; tap++) {
      const weight = weights[at * taps + tap] ?? 0;
      if (weight === 0) continue;
      for (let lane = 0; lane < lanes; lane++) {
        const index = to + at * step + lane;
        target[index] = (target[index] ?? 0) + weight * (source[begin + tap * step + lane] ?? 0);
      }
    }
  }
};
