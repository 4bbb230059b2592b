import type { Engine } from '../engine.ts';
import { createTraining } from '../train-loop.ts';
import { devices } from './devices.ts';
import { openStepper } from './stepper.ts';

/** Trains ONNX graphs by their own gradients with ONNX Runtime. */
export const onnxEngine: Engine = { name: 'onnx', devices, train: createTraining(openStepper) };
