import { createHash } from 'node:crypto';
import { onnxEngine } from '../../../sidecar/engines/onnx/engine.ts';
import { createWatch, rowsOf, taskOf } from './rows.ts';

/** Trains a small cnn and prints the hash of the model, for a test that compares processes. */
const images = Array.from({ length: 40 }, (_, row) =>
  Array.from({ length: 144 }, (_, pixel) => (Math.imul(row * 144 + pixel, 2654435761) >>> 24) % 256),
);
const { plan, data } = taskOf(
  rowsOf(
    images,
    images.map((_, row) => row % 4),
  ),
  { architecture: 'cnn', inputShape: [1, 12, 12], outputs: 4, normalization: { mean: [127], std: [70] } },
  { epochs: 2, batchSize: 16, gradientClip: 1 },
);
const { model } = await onnxEngine.train(plan, data, createWatch().watch);
process.stdout.write(createHash('sha256').update(model).digest('hex'));
