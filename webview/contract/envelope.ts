import { z } from 'zod';
import { Instant } from '../../sidecar/contract/ids.ts';

/** What every page is sent: all it shows, or why there is nothing to show. */
export const envelope = <Content extends z.ZodType>(content: Content) =>
  z.discriminatedUnion('type', [
    z.object({
      type: z.literal('snapshot'),
      content,
      staleSince: Instant.nullable().describe('When the sidecar went away; null while the content is live.'),
      restore: z.unknown().describe('Kept by the editor, so that the page opens again after a reload.'),
    }),
    z.object({ type: z.literal('failed'), message: z.string(), hint: z.string().nullable(), restore: z.unknown() }),
  ]);
export type Envelope<Content> =
  | { type: 'snapshot'; content: Content; staleSince: number | null; restore?: unknown }
  | { type: 'failed'; message: string; hint: string | null; restore?: unknown };

/** What every page may say. */
export const pageReady = z.object({ type: z.literal('ready') });
export const retry = z.object({ type: z.literal('retry') });
export const showSidecarLog = z.object({ type: z.literal('showSidecarLog') });
