import { z } from 'zod';

/** Raised whenever an old client and a new sidecar, or the other way round, would misunderstand each other. */
export const CONTRACT_VERSION = 1;

/** First thing a sidecar says, as one JSON line on stdout, and its answer to `hello`. */
export const Greeting = z.object({
  product: z.literal('trainyard'),
  contract: z.number().int(),
  version: z.string(),
  startId: z.string().describe('Differs at every start.'),
  workspace: z.string().describe('Folder this sidecar belongs to.'),
  pid: z.number().int(),
  socket: z.string(),
  node: z.string(),
  sqlite: z.string(),
  onnxruntime: z.string(),
});
export type Greeting = z.infer<typeof Greeting>;

/** What is handed to a sidecar over stdin, as one JSON line. */
export const Invitation = z.object({
  contract: z.number().int(),
  token: z.string().min(32),
  workspace: z.string(),
  /** How long to stay when nobody needs it, in milliseconds; default 30,000. */
  idleMs: z.number().int().positive().optional(),
});
export type Invitation = z.infer<typeof Invitation>;

/** `.trainyard/sidecar.json`, readable by its owner only: how other windows and shells find the running sidecar. */
export const Address = z.object({
  startId: z.string(),
  pid: z.number().int(),
  socket: z.string(),
  token: z.string(),
  contract: z.number().int(),
});
export type Address = z.infer<typeof Address>;
