import { z } from 'zod';
import { Hash, Instant } from './ids.ts';

/** What the stage `deploy` gives: a model version that answers requests. */
export const Deployment = z.object({
  endpoint: z.string().describe('Name of the endpoint; equals the model name.'),
  model: z.string(),
  version: z.number().int().positive(),
  /** Fixed at deployment: what live traffic is compared with. */
  reference: Hash,
  since: Instant,
});
export type Deployment = z.infer<typeof Deployment>;

/** An endpoint as it is now. */
export const Endpoint = z.object({
  name: z.string(),
  state: z.enum(['serving', 'stopped']),
  url: z.string().nullable().describe('`http://127.0.0.1:<port>`, null while stopped.'),
  deployment: Deployment,
  requests: z.number().int().nonnegative(),
  errors: z.number().int().nonnegative(),
  rows: z.number().int().nonnegative(),
  latencyMs: z.object({ p50: z.number().nullable(), p95: z.number().nullable() }),
  lastRequestAt: Instant.nullable(),
});
export type Endpoint = z.infer<typeof Endpoint>;

/** An endpoint with what is needed to call it. The token is shown to its owner only, never logged. */
export const EndpointAccess = Endpoint.extend({ token: z.string().nullable() });
export type EndpointAccess = z.infer<typeof EndpointAccess>;
