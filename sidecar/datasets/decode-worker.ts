import { parentPort, workerData } from 'node:worker_threads';
import { openDataStore } from '../versions/data-store.ts';
import { toPixels } from './decode-image.ts';
import type { DecodeOrder, DecoderStart, DecodeWord } from './decode-messages.ts';
import { readRaster } from './raster.ts';

/** A thread that decodes pictures of a data version into rows of pixels. */
const port = parentPort;
if (port === null) throw new Error('This program runs as a worker thread only.');

const { dataFolder, spec } = workerData as DecoderStart;
const { contents } = openDataStore(dataFolder);
const rowBytes = spec.channels * spec.width * spec.height;

const decode = ({ id, pictures }: DecodeOrder): DecodeWord => {
  const pixels = new Uint8Array(pictures.length * rowBytes);
  for (const [at, picture] of pictures.entries()) {
    try {
      pixels.set(toPixels(readRaster(contents.get(picture)), spec), at * rowBytes);
    } catch (error) {
      return { id, shown: picture.shown, why: error instanceof Error ? error.message : String(error) };
    }
  }
  return { id, pixels };
};

port.on('message', (order: DecodeOrder) => {
  const word = decode(order);
  port.postMessage(word, 'pixels' in word ? [word.pixels.buffer as ArrayBuffer] : []);
});
