import { z } from 'zod';
import { RunId } from '../../sidecar/contract/ids.ts';
import { Curve, Run } from '../../sidecar/contract/run.ts';
import { envelope, pageReady, retry, showSidecarLog } from './envelope.ts';

export const RunContent = z.object({
  run: Run,
  curves: z.array(Curve),
  /** The run before it in the same experiment. */
  previous: RunId.nullable(),
});
export type RunContent = z.infer<typeof RunContent>;

export const RunDown = envelope(RunContent);
export type RunDown = z.infer<typeof RunDown>;

export const RunUp = z.discriminatedUnion('type', [
  pageReady,
  retry,
  showSidecarLog,
  z.object({ type: z.literal('stop') }),
  z.object({ type: z.literal('resume') }),
  z.object({ type: z.literal('compare') }),
  z.object({ type: z.literal('openConfiguration') }),
  z.object({ type: z.literal('showLog') }),
]);
export type RunUp = z.infer<typeof RunUp>;

/** What the editor keeps of a page. */
export const RunRestore = z.object({ run: RunId });
