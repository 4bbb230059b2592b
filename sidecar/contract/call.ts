import { z } from 'zod';
import { FaultReport } from './fault.ts';

/** How far work is that a client waits for. */
export const Progress = z.object({
  fraction: z.number().min(0).max(1).nullable().describe('Null when the end is not known.'),
  note: z.string().describe('What it is doing, in a few words.'),
  remainingMs: z.number().nonnegative().optional().describe('Where the work itself knows better than the fraction.'),
});
export type Progress = z.infer<typeof Progress>;

/** Asked for by `accept`: the answer as JSON lines, any number of `progress` and then one `reply` or `fault`. */
export const LINES_TYPE = 'application/x-ndjson';

export const CallLine = z.union([
  z.object({ progress: Progress }),
  z.object({ reply: z.unknown() }),
  z.object({ fault: FaultReport }),
]);
export type CallLine = z.infer<typeof CallLine>;

/** An `AbortSignal`, as far as it can be said without Node or a browser. */
interface Ending {
  readonly aborted: boolean;
  readonly addEventListener: (type: 'abort', listener: () => void, options: { readonly once: true }) => void;
}

/** What a client may give with a call. */
export interface CallOptions {
  /** Aborting it ends the work on the other side too; the call then rejects with the fault `cancelled`. */
  readonly signal?: Ending;
  readonly onProgress?: (progress: Progress) => void;
}
