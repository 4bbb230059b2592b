import { convertIndexedToRgb, decode as decodePng, hasPngSignature, type DecodedPng } from 'fast-png';
import { decode as decodeJpeg } from 'jpeg-js';

/** A picture as its file holds it, 8 bits a sample, channels interleaved, transparency dropped. */
export interface Raster {
  readonly width: number;
  readonly height: number;
  /** 1 grey, 3 red-green-blue. */
  readonly channels: 1 | 3;
  /** `height × width × channels` samples, 0 … 255. */
  readonly data: Uint8Array;
}

/** Larger pictures are refused before their pixels are laid out in memory. */
const MOST_PIXELS = 100_000_000;

/**
 * Reads a PNG (1 to 16 bits, grey, palette, colour, with or without transparency, interlaced) or a JPEG (grey, YCbCr,
 * CMYK). Transparency is dropped and an EXIF orientation is not applied, as Pillow's `convert` and `open` do.
 * @throws Error whose message says in a few words why the bytes are no such picture
 */
export const readRaster = (bytes: Uint8Array): Raster => {
  if (hasPngSignature(bytes)) return readPng(bytes);
  if (bytes[0] === 0xff && bytes[1] === 0xd8) return readJpeg(bytes);
  throw new Error(bytes.length === 0 ? 'it is empty' : 'it is neither PNG nor JPEG');
};

/** How many pixels a picture says it has, without decoding it; 0 for what is none. */
export const pixelsOf = (bytes: Uint8Array): number =>
  hasPngSignature(bytes) ? pngPixels(bytes) : (jpegFrame(bytes)?.pixels ?? 0);

const readPng = (bytes: Uint8Array): Raster => {
  refuseHuge(bytes);
  const png = explain('PNG', () => decodePng(bytes, { checkCrc: true }));
  const { width, height } = png;
  const samples = explain('PNG', () => toSamples(png));
  const channels = samples.length / (width * height);
  if (!Number.isInteger(channels) || channels < 1 || channels > 4)
    throw new Error('it is a damaged PNG: pixels are missing');
  return dropAlpha(samples, width, height, channels);
};

/** Width and height stand behind the signature and the head of the first chunk. */
const pngPixels = (bytes: Uint8Array): number => {
  if (bytes.length < 24) return 0;
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  return view.getUint32(16) * view.getUint32(20);
};

const refuseHuge = (bytes: Uint8Array): void => {
  if (bytes.length < 24) throw new Error('it is a damaged PNG: it ends too early');
  const pixels = pngPixels(bytes);
  if (pixels > MOST_PIXELS) throw new Error(`it has ${pixels} pixels, more than ${MOST_PIXELS}`);
};

const toSamples = (png: DecodedPng): Uint8Array => {
  if (png.palette !== undefined) return convertIndexedToRgb(png);
  if (png.depth === 16) return Uint8Array.from(png.data, (sample) => Math.round(sample / 257));
  return png.depth === 8 ? Uint8Array.from(png.data) : unpack(png);
};

/** Samples of 1, 2 or 4 bits, packed from the high end of each byte; every row begins a byte. */
const unpack = ({ data, width, height, depth, channels }: DecodedPng): Uint8Array => {
  const rowSamples = width * channels;
  const rowBytes = Math.ceil((rowSamples * depth) / 8);
  const top = (1 << depth) - 1;
  const samples = new Uint8Array(rowSamples * height);
  for (let row = 0; row < height; row++) {
    for (let at = 0; at < rowSamples; at++) {
      const bit = at * depth;
      const byte = data[row * rowBytes + (bit >> 3)] ?? 0;
      samples[row * rowSamples + at] = (((byte >> (8 - depth - (bit & 7))) & top) * 255) / top;
    }
  }
  return samples;
};

const dropAlpha = (samples: Uint8Array, width: number, height: number, from: number): Raster => {
  const channels = from < 3 ? 1 : 3;
  if (from === channels) return { width, height, channels, data: samples };
  const data = new Uint8Array(width * height * channels);
  for (let pixel = 0; pixel < width * height; pixel++) {
    for (let channel = 0; channel < channels; channel++) {
      data[pixel * channels + channel] = samples[pixel * from + channel] ?? 0;
    }
  }
  return { width, height, channels, data };
};

const readJpeg = (bytes: Uint8Array): Raster => {
  const { width, height, data } = explain('JPEG', () =>
    decodeJpeg(bytes, {
      useTArray: true,
      formatAsRGBA: false,
      tolerantDecoding: false,
      maxResolutionInMP: MOST_PIXELS / 1_000_000,
      maxMemoryUsageInMB: 2_048,
    }),
  );
  // The decoder spreads a grey picture over three equal channels; how many the file has stands in its frame header.
  return jpegFrame(bytes)?.components === 1
    ? { width, height, channels: 1, data: data.filter((_sample, at) => at % 3 === 0) }
    : { width, height, channels: 3, data };
};

/** What stands in the first frame header; null when there is none. */
const jpegFrame = (bytes: Uint8Array): { readonly pixels: number; readonly components: number } | null => {
  for (let at = 2; at + 9 < bytes.length && bytes[at] === 0xff;) {
    const marker = bytes[at + 1] ?? 0;
    if (isFrameHeader(marker)) {
      return { pixels: twoBytes(bytes, at + 5) * twoBytes(bytes, at + 7), components: bytes[at + 9] ?? 0 };
    }
    at += marker === 0xff ? 1 : 2 + twoBytes(bytes, at + 2);
  }
  return null;
};

const twoBytes = (bytes: Uint8Array, at: number): number => ((bytes[at] ?? 0) << 8) + (bytes[at + 1] ?? 0);

/** SOF0 to SOF15; C4, C8 and CC share their range and are something else. */
const isFrameHeader = (marker: number): boolean =>
  marker >= 0xc0 && marker <= 0xcf && marker !== 0xc4 && marker !== 0xc8 && marker !== 0xcc;

const explain = <Result>(format: string, read: () => Result): Result => {
  try {
    return read();
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    throw new Error(`it is a damaged ${format}: ${why}`, { cause: error });
  }
};
