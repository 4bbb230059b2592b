import { Fault } from '../../faults.ts';
import type { JobContext } from '../../pipeline/job.ts';
import type { Blobs } from '../store/blobs.ts';
import { listChunks } from '../tree/chunk-list.ts';
import type { ListChild } from '../tree/nodes.ts';
import { listOf, pathOf } from './index-entry.ts';

/**
 * The chunks that a file had when it was read last, as far as its list can be read: what is damaged there costs the
 * search for the ends of chunks, and keeps nobody from saving a new version.
 */
export const formerChunks = function* (
  entry: Buffer,
  stored: Pick<Blobs, 'has' | 'get'>,
  { log }: Pick<JobContext, 'log'>,
): Generator<ListChild, void> {
  const list = listOf(entry);
  if (list === null || !stored.has(list)) return;
  try {
    yield* listChunks(stored, list);
  } catch (error) {
    if (!(error instanceof Fault) || error.code !== 'store-damaged') throw error;
    log(
      'warn',
      `${pathOf(entry)} is looked through as if it were new, since its last version is damaged: ${error.message}`,
    );
  }
};
