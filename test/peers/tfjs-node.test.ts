import { beforeAll, expect, test } from 'vitest';
import { tfjsEngine } from '../../sidecar/engines/tfjs/engine.ts';
import { loadTensorflow } from '../../sidecar/engines/tfjs/load.ts';
import { createOpenStepper } from '../../sidecar/engines/tfjs/stepper.ts';
import { createTraining } from '../../sidecar/engines/train-loop.ts';
import { buildTfjsNode } from '../../tools/peers/tfjs-node.ts';
import { describeEngine } from '../unit/engines/conformance.ts';

let homes: readonly string[] = [];
beforeAll(async () => {
  homes = [await buildTfjsNode()];
});

test('the native library of TensorFlow computes, under this version of Node', async () => {
  const tf = await loadTensorflow('cpu', homes);
  expect(tf.getBackend()).toBe('tensorflow');
});

describeEngine({
  ...tfjsEngine,
  train: createTraining(createOpenStepper((device) => loadTensorflow(device, homes))),
});
