import { readRaster, type Raster } from './raster.ts';
import { resizeRaster } from './resize.ts';

/** What a model takes: channels, and width and height in pixels. */
export interface ImageSpec {
  readonly channels: 1 | 3;
  readonly width: number;
  readonly height: number;
}

/** Samples 0 … 255, channel by channel, each row by row. */
export interface DecodedImage {
  readonly pixels: Uint8Array;
  readonly width: number;
  readonly height: number;
}

/**
 * A PNG or JPEG file as the numbers that a model takes; training and serving both come through here.
 * @param size side of the square it is resized to, or width and height; without it, its own size
 * @throws Error whose message says in a few words why the bytes cannot be read
 */
export const decodeImage = (
  bytes: Uint8Array,
  { channels, size }: { channels: 1 | 3; size?: number | { readonly width: number; readonly height: number } },
): DecodedImage => {
  const raster = readRaster(bytes);
  const { width, height } = typeof size === 'number' ? { width: size, height: size } : (size ?? raster);
  return { pixels: toPixels(raster, { channels, width, height }), width, height };
};

/** A picture in the size, the channels and the order that a model takes. */
export const toPixels = (raster: Raster, { channels, width, height }: ImageSpec): Uint8Array =>
  toPlanes(resizeRaster(toChannels(raster, channels), width, height));

const toChannels = (raster: Raster, channels: 1 | 3): Raster => {
  if (raster.channels === channels) return raster;
  return { ...raster, channels, data: channels === 1 ? toGrey(raster.data) : toColour(raster.data) };
};

/** Luma of ITU-R BT.601 in 16-bit fixed point, rounded: the same whole numbers as Pillow's `convert('L')`. */
const toGrey = (data: Uint8Array): Uint8Array => {
  const grey = new Uint8Array(data.length / 3);
  for (let at = 0; at < grey.length; at++) {
    const [red = 0, green = 0, blue = 0] = [data[at * 3], data[at * 3 + 1], data[at * 3 + 2]];
    grey[at] = (red * 19595 + green * 38470 + blue * 7471 + 0x8000) >> 16;
  }
  return grey;
};

const toColour = (data: Uint8Array): Uint8Array => {
  const colour = new Uint8Array(data.length * 3);
  for (let at = 0; at < colour.length; at++) colour[at] = data[Math.floor(at / 3)] ?? 0;
  return colour;
};

const toPlanes = ({ data, channels }: Raster): Uint8Array => {
  if (channels === 1) return data;
  const plane = data.length / channels;
  const planes = new Uint8Array(data.length);
  for (let at = 0; at < plane; at++) {
    for (let channel = 0; channel < channels; channel++) {
      planes[channel * plane + at] = data[at * channels + channel] ?? 0;
    }
  }
  return planes;
};
