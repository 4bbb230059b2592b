import type { Device } from '../contract/device.ts';
import type { Job } from '../pipeline/job.ts';
import { onnxEngine } from './onnx/engine.ts';

/** Devices that can train here. A job of its own process: a driver that crashes when it is asked takes nothing with it. */
export const devicesJob: Job<Record<string, never>, readonly Device[]> = () => onnxEngine.devices();
