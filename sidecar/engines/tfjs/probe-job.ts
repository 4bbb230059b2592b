import type { Job } from '../../pipeline/job.ts';
import { probeTfjs, type TfjsProbe } from './probe.ts';

/** Looks for tensorflow.js in a process of its own: loading it takes seconds, prints, and may crash. */
export const tfjsJob: Job<Record<string, never>, TfjsProbe> = () => probeTfjs();
