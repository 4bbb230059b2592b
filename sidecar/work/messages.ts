import type { FaultReport } from '../contract/fault.ts';
import type { MetricPoint } from '../contract/run.ts';
import type { LogLevel } from '../pipeline/job.ts';

/** What the sidecar tells a child that does heavy work. */
export type Order =
  { readonly type: 'begin'; readonly job: string; readonly input: unknown } | { readonly type: 'abort' };

/** What the child tells the sidecar. */
export type Word =
  | { readonly type: 'ready' }
  | {
      readonly type: 'progress';
      readonly fraction: number | null;
      readonly note: string;
      readonly remainingMs?: number;
    }
  | { readonly type: 'metrics'; readonly points: readonly MetricPoint[] }
  | { readonly type: 'log'; readonly level: LogLevel; readonly text: string }
  | { readonly type: 'result'; readonly output: unknown }
  | { readonly type: 'fault'; readonly fault: FaultReport }
  | { readonly type: 'bug'; readonly stack: string };
