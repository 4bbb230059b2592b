import type { Announcement } from '../contract/events.ts';
import type { Training } from '../contract/training.ts';
import type { Log } from '../log.ts';
import type { createPipeline } from '../pipeline/index.ts';
import type { MetricStore } from '../store/metrics.ts';
import type { RunStore } from '../store/runs.ts';
import type { Layout } from '../workspace/layout.ts';

/** Last stage of a run, where it is not to go all the way. */
export type Until = 'evaluate' | 'gate' | 'register' | 'monitor';

export interface RunRequest {
  readonly configuration: string;
  readonly experiment: string;
  readonly training: Training;
  readonly overrides: Readonly<Record<string, string>>;
  readonly until: Until;
  readonly fresh: boolean;
  readonly promote: boolean;
  /** Whether the run must go on from a checkpoint of an earlier one. */
  readonly resume: boolean;
}

export interface RunsNeeds {
  readonly layout: Layout;
  readonly runs: RunStore;
  readonly metrics: MetricStore;
  readonly pipeline: ReturnType<typeof createPipeline>;
  readonly environment: Readonly<Record<string, string>>;
  readonly announce: (announcement: Announcement) => void;
  readonly log: Log;
  readonly clock: () => number;
}
