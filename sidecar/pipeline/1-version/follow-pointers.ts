import type { PointerState } from '../../contract/data-merge.ts';
import type { DatasetStatus, DatasetVersion } from '../../contract/dataset.ts';
import { Fault } from '../../faults.ts';
import type { DvcOutput } from '../../versions/dvc/output.ts';
import { readPointerOf } from '../../versions/dvc/pointer.ts';

export interface FollowNeeds {
  readonly root: string;
  readonly list: () => DatasetVersion[];
  readonly adopt: (output: DvcOutput) => Promise<DatasetVersion>;
  /** The state of the data on disk against its pointer. */
  readonly status: (path: string) => Promise<DatasetStatus>;
  readonly restore: (request: { dataset: string; version: number; force: boolean }) => Promise<unknown>;
}

/**
 * After Git has changed pointers: whether the data on disk is what they name, one data set after the other.
 * @param restore brings the data to them; data that is in no version is never replaced
 */
export const followPointers = async (needs: FollowNeeds, restore: boolean): Promise<PointerState[]> => {
  const states: PointerState[] = [];
  for (const path of new Set(needs.list().map((dataset) => dataset.path))) {
    try {
      const output = readPointerOf(needs.root, path);
      if (output !== null) states.push(await follow(await needs.adopt(output), needs, restore));
    } catch (error) {
      if (!(error instanceof Fault)) throw error;
      states.push({
        path,
        version: null,
        state: 'unknown',
        text: [error.message, error.hint].filter(Boolean).join(' '),
      });
    }
  }
  return states;
};

const follow = async (dataset: DatasetVersion, needs: FollowNeeds, restore: boolean): Promise<PointerState> => {
  const { path, name, version } = dataset;
  const { equal, disk } = await needs.status(path);
  if (equal) return { path, version, state: 'equal', text: `${path} is ${name}@v${version}.` };
  if (!restore) {
    const found = disk === null ? 'is not on disk' : 'on disk is something else';
    const text = `${path} ${found}; its pointer names v${version}: trainyard checkout ${name} v${version}`;
    return { path, version, state: 'differs', text };
  }
  try {
    await needs.restore({ dataset: name, version, force: false });
    return { path, version, state: 'restored', text: `${path} is ${name}@v${version} now.` };
  } catch (error) {
    if (!(error instanceof Fault)) throw error;
    return { path, version, state: 'refused', text: [error.message, error.hint].filter(Boolean).join(' ') };
  }
};
