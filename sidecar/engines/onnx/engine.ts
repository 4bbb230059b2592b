import type { Engine } from '../engine.ts';
import { devices } from './devices.ts';
import { train } from './train.ts';

/** Trains ONNX graphs by their own gradients with ONNX Runtime. */
export const onnxEngine: Engine = { name: 'onnx', devices, train };
