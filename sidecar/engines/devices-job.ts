import type { Device } from '../contract/device.ts';
import type { Job } from '../pipeline/job.ts';
import { onnxEngine } from './onnx/engine.ts';
import { tfjsEngine } from './tfjs/engine.ts';

/**
 * Devices that can train here, with the engine that does. A job of its own process: a driver that crashes when it is
 * asked takes nothing with it.
 */
export const devicesJob: Job<Record<string, never>, readonly Device[]> = async () => [
  ...(await onnxEngine.devices()),
  ...(await tfjsEngine.devices()),
];
