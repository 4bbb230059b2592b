import { z } from 'zod';
import { DriftReport } from '../../sidecar/contract/watch.ts';
import { envelope, pageReady, retry, showSidecarLog } from './envelope.ts';

export const DriftContent = z.object({ report: DriftReport });
export type DriftContent = z.infer<typeof DriftContent>;

export const DriftDown = envelope(DriftContent);
export type DriftDown = z.infer<typeof DriftDown>;

export const DriftUp = z.discriminatedUnion('type', [
  pageReady,
  retry,
  showSidecarLog,
  z.object({ type: z.literal('train') }),
  z.object({ type: z.literal('copyCurl') }),
]);
export type DriftUp = z.infer<typeof DriftUp>;

/** What the editor keeps of a page. */
export const DriftRestore = z.object({ endpoint: z.string() });
