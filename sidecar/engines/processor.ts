import { availableParallelism, cpus, freemem, totalmem } from 'node:os';
import type { Device } from '../contract/device.ts';

/** The processor of this machine, as an engine's device. */
export const processor = (engine: Device['engine']): Device => ({
  id: 'cpu',
  name: cpus()[0]?.model.trim() ?? 'processor',
  engine,
  memoryBytes: totalmem(),
  freeBytes: freemem(),
  driver: null,
  cores: availableParallelism(),
});
