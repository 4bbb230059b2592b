import { constants, zstdCompressSync, zstdDecompressSync } from 'node:zlib';

/** Below this, less is saved than the look-up costs. */
const SMALLEST = 256;
/** The least that Node takes as the size of the memory for what comes out. */
const LEAST_PIECE = 64;
/** What compression must save to be worth undoing it at every read. */
const WORTH = 0.9;
const SAMPLE = 1024;
/** Bits a byte of the sample above which a tenth is hardly saved: pictures, archives, encrypted data. */
const DENSE = 7.7;

/** The window of a chunk, so that no larger tables are filled; a frame's own check is not needed beside the id. */
const params = {
  [constants.ZSTD_c_compressionLevel]: 1,
  [constants.ZSTD_c_windowLog]: 17,
  [constants.ZSTD_c_checksumFlag]: 0,
};

/**
 * Zstandard where it saves a tenth or more. Whether trying is worth it is told by the entropy of a sample, so that
 * what is compressed already (JPEG, PNG, Parquet with a codec) costs microseconds and not a compression.
 * @returns null when the bytes are better kept as they are
 */
export const compress = (bytes: Uint8Array): Buffer | null => {
  if (bytes.length < SMALLEST || isDense(bytes)) return null;
  const less = zstdCompressSync(bytes, { params, chunkSize: bytes.length });
  return less.length <= bytes.length * WORTH ? less : null;
};

/** @throws Error when the bytes are no Zstandard frame of exactly `length` bytes */
export const decompress = (bytes: Uint8Array, length: number): Buffer => {
  const more = zstdDecompressSync(bytes, {
    maxOutputLength: Math.max(1, length),
    // One more than comes out: Node allocates a second piece as soon as the first is full.
    chunkSize: Math.max(LEAST_PIECE, length + 1),
  });
  if (more.length !== length) throw new RangeError(`${more.length} bytes came out instead of ${length}`);
  return more;
};

/**
 * Gives back the memory of what `compress` or `decompress` returned, once nobody reads it any more. It lies outside the
 * heap, and left alone, 64 MB of it gather in every thread before the engine looks.
 */
export const release = (bytes: Buffer): void => {
  // Small ones share the memory of Node's pool.
  if (bytes.buffer instanceof ArrayBuffer && bytes.buffer.byteLength > Buffer.poolSize) bytes.buffer.transfer(0);
};

const counts = new Uint32Array(256);
/** n · log₂ n, for as often as a byte can be in a sample. */
const shares = Float64Array.from({ length: SAMPLE + 1 }, (_, count) => (count === 0 ? 0 : count * Math.log2(count)));

/** Order-0 entropy of evenly spread bytes, corrected for the size of the sample (Miller and Madow, 1955). */
const isDense = (bytes: Uint8Array): boolean => {
  counts.fill(0);
  // Odd, so that every byte of numbers that lie in rows of 4 or 8 bytes is met.
  const step = Math.floor(bytes.length / SAMPLE) | 1;
  const taken = Math.min(SAMPLE, Math.ceil(bytes.length / step));
  for (let sample = 0, at = 0; sample < taken; sample++, at += step) {
    const byte = bytes[at] as number;
    counts[byte] = (counts[byte] as number) + 1;
  }
  let kinds = 0;
  let sum = 0;
  for (let byte = 0; byte < counts.length; byte++) {
    const count = counts[byte] as number;
    if (count === 0) continue;
    kinds += 1;
    sum += shares[count] as number;
  }
  return Math.log2(taken) - sum / taken + (kinds - 1) / (2 * taken * Math.LN2) > DENSE;
};
