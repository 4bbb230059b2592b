import { join } from 'node:path';
import { compareData, type ComparedState } from '../../sidecar/datasets/difference/compare-data.ts';
import { openRuns } from '../../sidecar/datasets/difference/known-runs.ts';
import { openLooks } from '../../sidecar/datasets/difference/picture-looks.ts';
import { createSheets } from '../../sidecar/datasets/difference/thumbnails.ts';
import { recordedContext } from './job-context.ts';

type Order = Parameters<typeof compareData>[0];

/**
 * Compares two states of data as a process of its own does, where nobody has chosen a key or a target.
 * @param folder keeps what is known from earlier comparisons
 */
export const compareStates = (
  folder: string,
  { path, from, to, ...more }: Pick<Order, 'path' | 'limits'> & Record<'from' | 'to', ComparedState>,
): ReturnType<typeof compareData> =>
  compareData(
    {
      path,
      from,
      to,
      key: [],
      target: null,
      likelyTarget: null,
      looks: openLooks(join(folder, 'looks')),
      runs: openRuns(join(folder, 'runs.jsonl')),
      sheets: createSheets(() => ''),
      lookProgram: null,
      scratch: join(folder, 'scratch'),
      ...more,
    },
    recordedContext().context,
  );
