import { encode } from 'fast-png';
import type { Tile } from '../../contract/data-difference.ts';
import { toPixels } from '../decode-image.ts';
import type { Raster } from '../raster.ts';

/** Side of a square, in pixels. */
export const TILE_PIXELS = 96;
/** Squares in a row of a sheet, and in a whole one. */
export const SHEET_COLUMNS = 16;
const SHEET_TILES = 256;
const CHANNELS = 4;

/** Small pictures, many to a file, so that a page fetches few files. */
export interface Sheets {
  /** Draws a picture into the next square, in its own ratio, transparent around it. */
  readonly draw: (raster: Raster) => Tile;
  /** Writes the last sheet. @returns what `write` returned for each sheet */
  readonly finish: () => string[];
}

/** @param write keeps a sheet as PNG and returns how it is called */
export const createSheets = (write: (png: Uint8Array, sheet: number) => string): Sheets => {
  const written: string[] = [];
  let pixels = new Uint8Array(0);
  let squares = 0;
  const keep = (): void => {
    if (squares === 0) return;
    const height = Math.ceil(squares / SHEET_COLUMNS) * TILE_PIXELS;
    const width = SHEET_COLUMNS * TILE_PIXELS;
    const data = pixels.subarray(0, width * height * CHANNELS);
    written.push(write(encode({ width, height, channels: CHANNELS, depth: 8, data }), written.length));
    squares = 0;
  };
  return {
    draw: (raster) => {
      if (squares === 0) pixels = new Uint8Array(SHEET_TILES * TILE_PIXELS ** 2 * CHANNELS);
      const tile = { sheet: written.length, square: squares };
      drawInto(pixels, squares, raster);
      squares += 1;
      if (squares === SHEET_TILES) keep();
      return tile;
    },
    finish: () => {
      keep();
      return written;
    },
  };
};

const drawInto = (sheet: Uint8Array, square: number, raster: Raster): void => {
  const scale = TILE_PIXELS / Math.max(raster.width, raster.height);
  const width = Math.max(1, Math.round(raster.width * scale));
  const height = Math.max(1, Math.round(raster.height * scale));
  const planes = toPixels(raster, { channels: 3, width, height });
  const left = (square % SHEET_COLUMNS) * TILE_PIXELS + ((TILE_PIXELS - width) >> 1);
  const top = Math.floor(square / SHEET_COLUMNS) * TILE_PIXELS + ((TILE_PIXELS - height) >> 1);
  for (let row = 0; row < height; row++) {
    for (let column = 0; column < width; column++) {
      const to = ((top + row) * SHEET_COLUMNS * TILE_PIXELS + left + column) * CHANNELS;
      const from = row * width + column;
      for (let channel = 0; channel < 3; channel++) {
        sheet[to + channel] = planes[channel * width * height + from] ?? 0;
      }
      sheet[to + 3] = 255;
    }
  }
};
