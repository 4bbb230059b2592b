import { z } from 'zod';

/** Something that can compute here. */
export const Device = z.object({
  id: z.string().describe('As `training.device` names it: `cpu`, `webgpu`, `cuda:0`.'),
  name: z.string(),
  engine: z.enum(['onnx', 'tfjs']),
  memoryBytes: z.number().nonnegative().nullable(),
  freeBytes: z.number().nonnegative().nullable(),
  driver: z.string().nullable(),
  cores: z.number().int().positive().nullable(),
});
export type Device = z.infer<typeof Device>;
