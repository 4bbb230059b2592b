import { z } from 'zod';
import { RunId } from '../../sidecar/contract/ids.ts';
import { Comparison } from '../../sidecar/contract/run.ts';
import { envelope, pageReady, retry, showSidecarLog } from './envelope.ts';

export const ComparisonContent = z.object({ comparison: Comparison });
export type ComparisonContent = z.infer<typeof ComparisonContent>;

export const ComparisonDown = envelope(ComparisonContent);
export type ComparisonDown = z.infer<typeof ComparisonDown>;

export const ComparisonUp = z.discriminatedUnion('type', [
  pageReady,
  retry,
  showSidecarLog,
  z.object({ type: z.literal('chooseBase'), run: RunId }),
  z.object({ type: z.literal('addRun') }),
  z.object({ type: z.literal('openRun'), run: RunId }),
  z.object({ type: z.literal('copyReport') }),
]);
export type ComparisonUp = z.infer<typeof ComparisonUp>;

/** What the editor keeps of a page. */
export const ComparisonRestore = z.object({ runs: z.array(RunId).min(2).max(8) });
