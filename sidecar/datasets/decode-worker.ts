import { parentPort, workerData } from 'node:worker_threads';
import { createObjects } from '../versions/objects.ts';
import { toPixels } from './decode-image.ts';
import type { DecodeOrder, DecoderStart, DecodeWord } from './decode-messages.ts';
import { readRaster } from './raster.ts';

/** A thread that decodes pictures of the object store into rows of pixels. */
const port = parentPort;
if (port === null) throw new Error('This program runs as a worker thread only.');

const { objectsFolder, spec } = workerData as DecoderStart;
const objects = createObjects(objectsFolder);
const rowBytes = spec.channels * spec.width * spec.height;

const decode = ({ id, pictures }: DecodeOrder): DecodeWord => {
  const pixels = new Uint8Array(pictures.length * rowBytes);
  for (const [at, { sha256, shown }] of pictures.entries()) {
    try {
      pixels.set(toPixels(readRaster(objects.get(sha256)), spec), at * rowBytes);
    } catch (error) {
      return { id, shown, why: error instanceof Error ? error.message : String(error) };
    }
  }
  return { id, pixels };
};

port.on('message', (order: DecodeOrder) => {
  const word = decode(order);
  port.postMessage(word, 'pixels' in word ? [word.pixels.buffer as ArrayBuffer] : []);
});
