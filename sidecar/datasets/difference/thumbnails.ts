import { crc32, deflateSync } from 'node:zlib';
import type { Tile } from '../../contract/data-difference.ts';
import { toPixels } from '../decode-image.ts';
import type { Raster } from '../raster.ts';

/** Side of a square, in pixels. */
export const TILE_PIXELS = 96;
/** Squares in a row of a sheet, and in a whole one. */
export const SHEET_COLUMNS = 16;
const SHEET_TILES = 256;
const CHANNELS = 4;
const SHEET_WIDTH = SHEET_COLUMNS * TILE_PIXELS;
const SHEET_HEIGHT = (SHEET_TILES / SHEET_COLUMNS) * TILE_PIXELS;
/** A byte that says how the line is filtered, 0 for not at all, and its pixels. */
const LINE_BYTES = 1 + SHEET_WIDTH * CHANNELS;

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
  // One for all sheets, since each takes 9 MB.
  let lines: Uint8Array | null = null;
  let squares = 0;
  const keep = (): void => {
    if (lines === null || squares === 0) return;
    const height = Math.ceil(squares / SHEET_COLUMNS) * TILE_PIXELS;
    written.push(write(encode(lines.subarray(0, height * LINE_BYTES), height), written.length));
    lines.fill(0);
    squares = 0;
  };
  return {
    draw: (raster) => {
      lines ??= new Uint8Array(SHEET_HEIGHT * LINE_BYTES);
      const tile = { sheet: written.length, square: squares };
      drawInto(lines, squares, raster);
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

const SIGNATURE = Uint8Array.of(0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a);
/** 8 bits a sample; red, green, blue and opacity; nothing interlaced. */
const FORM = Uint8Array.of(8, 6, 0, 0, 0);

/** A PNG of lines as they stand in one, so that nothing of a sheet is copied but its compressed bytes. */
const encode = (lines: Uint8Array, height: number): Buffer => {
  const header = Buffer.alloc(8);
  header.writeUInt32BE(SHEET_WIDTH, 0);
  header.writeUInt32BE(height, 4);
  return Buffer.concat([
    SIGNATURE,
    ...chunk('IHDR', Buffer.concat([header, FORM])),
    ...chunk('IDAT', deflateSync(lines, { level: 3 })),
    ...chunk('IEND', Buffer.alloc(0)),
  ]);
};

/** Length, name, bytes, check sum of the latter two. */
const chunk = (name: string, bytes: Buffer): Buffer[] => {
  const [length, sum] = [Buffer.alloc(4), Buffer.alloc(4)];
  length.writeUInt32BE(bytes.length);
  sum.writeUInt32BE(crc32(bytes, crc32(name)));
  return [length, Buffer.from(name, 'latin1'), bytes, sum];
};

const drawInto = (lines: Uint8Array, square: number, raster: Raster): void => {
  const scale = TILE_PIXELS / Math.max(raster.width, raster.height);
  const width = Math.max(1, Math.round(raster.width * scale));
  const height = Math.max(1, Math.round(raster.height * scale));
  const planes = toPixels(raster, { channels: 3, width, height });
  const left = (square % SHEET_COLUMNS) * TILE_PIXELS + ((TILE_PIXELS - width) >> 1);
  const top = Math.floor(square / SHEET_COLUMNS) * TILE_PIXELS + ((TILE_PIXELS - height) >> 1);
  for (let row = 0; row < height; row++) {
    for (let column = 0; column < width; column++) {
      const to = (top + row) * LINE_BYTES + 1 + (left + column) * CHANNELS;
      const from = row * width + column;
      for (let channel = 0; channel < 3; channel++) {
        lines[to + channel] = planes[channel * width * height + from] ?? 0;
      }
      lines[to + 3] = 255;
    }
  }
};
