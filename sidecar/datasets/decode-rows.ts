import type { BuildOrder } from './build-order.ts';
import { toPixels, type ImageSpec } from './decode-image.ts';
import type { EncodedPicture } from './decode-messages.ts';
import { startDecoders, type Decoders } from './decoders.ts';
import type { ImageRows } from './image-rows.ts';
import { parts, type Part, type SplitRows } from './split.ts';

export interface DecodedRow {
  readonly part: Part;
  readonly row: number;
  /** `[C, H, W]`; only valid until the next row. */
  readonly pixels: Uint8Array;
}

interface Decoding {
  readonly spec: ImageSpec;
  readonly split: SplitRows;
}

/** Fewer pictures are decoded before the threads have started. */
const FEWEST_FOR_THREADS = 1000;
/** Pictures of one order to a thread: enough that the order costs nothing, few enough to wait in memory. */
const PICTURES_AT_ONCE = 32;

/** All rows in the order of the parts; many encoded pictures are decoded by threads, ahead of whoever takes them. */
export const decodeRows = (
  images: ImageRows,
  decoding: Decoding,
  { decoder, dataFolder }: Pick<BuildOrder, 'decoder' | 'dataFolder'>,
): AsyncIterable<DecodedRow> | Iterable<DecodedRow> => {
  const { encoded } = images;
  if (decoder === null || encoded === null || images.labels.length < FEWEST_FOR_THREADS) return here(images, decoding);
  const start = () => startDecoders({ entry: decoder, dataFolder, spec: decoding.spec });
  return inThreads(encoded, decoding, start);
};

const here = function* (images: ImageRows, { spec, split }: Decoding): Generator<DecodedRow, void> {
  for (const part of parts)
    for (const row of split[part]) yield { part, row, pixels: toPixels(images.raster(row), spec) };
};

interface Chunk {
  readonly part: Part;
  readonly rows: Uint32Array;
  readonly pixels: Promise<Uint8Array>;
}

const inThreads = async function* (
  encoded: (row: number) => EncodedPicture,
  { spec, split }: Decoding,
  start: () => Decoders,
): AsyncGenerator<DecodedRow, void> {
  const rowBytes = spec.channels * spec.width * spec.height;
  const decoders = start();
  try {
    const ahead: Chunk[] = [];
    const orders = chunksOf(split);
    for (;;) {
      while (ahead.length < decoders.busyWith) {
        const order = orders.next();
        if (order.done === true) break;
        const pixels = decoders.decode(Array.from(order.value.rows, encoded));
        // One that fails is thrown when its turn comes; until then nobody waits for it.
        pixels.catch(() => undefined);
        ahead.push({ ...order.value, pixels });
      }
      const chunk = ahead.shift();
      if (chunk === undefined) return;
      const pixels = await chunk.pixels;
      for (const [at, row] of chunk.rows.entries()) {
        yield { part: chunk.part, row, pixels: pixels.subarray(at * rowBytes, (at + 1) * rowBytes) };
      }
    }
  } finally {
    await decoders.close();
  }
};

const chunksOf = function* (split: SplitRows): Generator<Pick<Chunk, 'part' | 'rows'>, void> {
  for (const part of parts) {
    for (let from = 0; from < split[part].length; from += PICTURES_AT_ONCE) {
      yield { part, rows: split[part].subarray(from, from + PICTURES_AT_ONCE) };
    }
  }
};
