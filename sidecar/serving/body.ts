import type { IncomingMessage } from 'node:http';
import { promisify } from 'node:util';
import { brotliDecompress, gunzip, inflate } from 'node:zlib';
import { badRequest, Refusal } from './reply.ts';

/** Large enough for pictures and batches, small enough that 256 connections cannot fill the memory. */
export const PREDICTION_BYTES = 16 * 1024 * 1024;
export const OTHER_BYTES = 1024 * 1024;

const unpackers: Readonly<Record<string, (bytes: Buffer, options: { maxOutputLength: number }) => Promise<Buffer>>> = {
  gzip: promisify(gunzip),
  deflate: promisify(inflate),
  br: promisify(brotliDecompress),
};

/**
 * The whole body, unpacked.
 * @throws Refusal 413 above `limit` bytes (packed or unpacked), 415 for an unknown packing, 400 for a broken one
 */
export const readBody = async (request: IncomingMessage, limit: number): Promise<Buffer> => {
  const announced = Number(request.headers['content-length'] ?? 0);
  if (announced > limit) throw tooLarge(limit);
  const packed = await readRaw(request, limit);
  const encoding = request.headers['content-encoding'];
  if (encoding === undefined || encoding === 'identity') return packed;
  const unpack = unpackers[encoding];
  if (unpack === undefined) throw new Refusal(415, `The content encoding must be gzip, deflate or br.`);
  try {
    return await unpack(packed, { maxOutputLength: limit });
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ERR_BUFFER_TOO_LARGE') throw tooLarge(limit);
    throw badRequest(`The body is not what its content encoding ${encoding} says.`);
  }
};

const readRaw = (request: IncomingMessage, limit: number): Promise<Buffer> =>
  new Promise((resolve, reject) => {
    const parts: Buffer[] = [];
    let bytes = 0;
    request.on('data', (part: Buffer) => {
      bytes += part.length;
      // What comes after that is read and thrown away: a closed connection would hide the answer from the client.
      if (bytes > limit) reject(tooLarge(limit));
      else parts.push(part);
    });
    request.on('end', () => resolve(parts.length === 1 && parts[0] !== undefined ? parts[0] : Buffer.concat(parts)));
    request.on('error', reject);
    request.on('close', () => {
      if (!request.complete) reject(badRequest('The connection ended in the middle of the request.'));
    });
  });

const tooLarge = (limit: number): Refusal =>
  new Refusal(
    413,
    `The body is larger than ${limit / 1024 / 1024} MiB. Send fewer rows in one request, or the rows in binary form.`,
  );
