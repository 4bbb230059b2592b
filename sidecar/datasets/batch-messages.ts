import type { Training } from '../contract/training.ts';
import type { EpochOrder } from '../engines/engine.ts';
import type { Ring } from './batch-ring.ts';

/** What a thread that makes batches is started with. */
export interface MakerStart {
  readonly featuresFolder: string;
  readonly hash: string;
  /** Rows that lie in memory already, shared by all; null for those that are read from the file. */
  readonly rows: SharedArrayBuffer | null;
  readonly augment: Training['data']['augment'];
  readonly outputs: number;
}

/** An epoch to make batches of: every so many-th, beginning with its own. */
export interface MakerOrder {
  readonly epoch: EpochOrder;
  readonly ring: Ring;
  /** Word 0 counts the makers that are at work on it; the words behind hold why one failed, as UTF-8 behind its length. */
  readonly report: SharedArrayBuffer;
  readonly maker: number;
  readonly makers: number;
}

/** Bytes of a report. */
export const REPORT_BYTES = 4096;

export const AT_WORK = 0;
export const FAILED_BYTES = 1;
/** Where the text begins, in bytes. */
export const FAILED_TEXT = 8;
