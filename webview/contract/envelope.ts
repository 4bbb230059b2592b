import { z } from 'zod';
import { Instant } from '../../sidecar/contract/ids.ts';

/** How far the work is that a page waits for; what it shows already stays. */
const working = z.object({ type: z.literal('working'), note: z.string(), fraction: z.number().nullable() });

/** The answer to a question of the page that has this number. */
const answer = z.object({ type: z.literal('answer'), ask: z.number().int(), answer: z.unknown() });

/** What every page is sent: all it shows, or why there is nothing to show; and, on the way, how far it is. */
export const envelope = <Content extends z.ZodType>(content: Content) =>
  z.discriminatedUnion('type', [
    z.object({
      type: z.literal('snapshot'),
      content,
      staleSince: Instant.nullable().describe('When the sidecar went away; null while the content is live.'),
      restore: z.unknown().describe('Kept by the editor, so that the page opens again after a reload.'),
    }),
    z.object({ type: z.literal('failed'), message: z.string(), hint: z.string().nullable(), restore: z.unknown() }),
    working,
    answer,
  ]);
/** A message that tells what a page shows from now on. */
export type Shown<Content> =
  | { type: 'snapshot'; content: Content; staleSince: number | null; restore?: unknown }
  | { type: 'failed'; message: string; hint: string | null; restore?: unknown };
export type Envelope<Content> = Shown<Content> | z.infer<typeof working> | z.infer<typeof answer>;

/** What every page may say. */
export const pageReady = z.object({ type: z.literal('ready') });
export const retry = z.object({ type: z.literal('retry') });
export const showSidecarLog = z.object({ type: z.literal('showSidecarLog') });
