import { z } from 'zod';
import { DataDifference, DataSide, FileChangeKind } from '../../sidecar/contract/data-difference.ts';
import { envelope, pageReady, retry, showSidecarLog } from './envelope.ts';

export const DataDifferenceContent = z.object({
  difference: DataDifference,
  /** Addresses of the sheets of small pictures, in the order of `pictures.sheets`. */
  sheets: z.array(z.string()),
  /** The data on disk has changed since; comparing again would take a while, so that the reader is asked. */
  outdated: z.boolean(),
});
export type DataDifferenceContent = z.infer<typeof DataDifferenceContent>;

export const DataDifferenceDown = envelope(DataDifferenceContent);
export type DataDifferenceDown = z.infer<typeof DataDifferenceDown>;

export const DataDifferenceUp = z.discriminatedUnion('type', [
  pageReady,
  retry,
  showSidecarLog,
  z.object({ type: z.literal('swap') }),
  z.object({ type: z.literal('copyMarkdown') }),
  z.object({ type: z.literal('chooseSide'), side: z.enum(['from', 'to']) }),
  z.object({ type: z.literal('chooseKey'), file: z.string() }),
  z.object({ type: z.literal('chooseTarget'), file: z.string() }),
  z.object({ type: z.literal('openFile'), path: z.string() }),
  /** Answered with a `ComparedFilePage`. */
  z.object({
    type: z.literal('listFiles'),
    ask: z.number().int().positive(),
    change: FileChangeKind.nullable(),
    offset: z.number().int().nonnegative(),
    limit: z.number().int().positive().max(1_000),
  }),
]);
export type DataDifferenceUp = z.infer<typeof DataDifferenceUp>;

/** What the editor keeps of a page. */
export const DataDifferenceRestore = z.object({
  data: z.string(),
  from: DataSide,
  to: DataSide,
  key: z.array(z.string()),
  target: z.string().nullable(),
});
export type DataDifferenceRestore = z.infer<typeof DataDifferenceRestore>;
