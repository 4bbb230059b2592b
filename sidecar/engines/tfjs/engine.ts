import type { Engine } from '../engine.ts';
import { createTraining } from '../train-loop.ts';
import { devices } from './devices.ts';
import { loadTensorflow } from './load.ts';
import { createOpenStepper } from './stepper.ts';

/** Trains ONNX graphs with tensorflow.js, which interprets them and computes the gradients. */
export const tfjsEngine: Engine = {
  name: 'tfjs',
  devices,
  train: createTraining(createOpenStepper((device) => loadTensorflow(device))),
};
