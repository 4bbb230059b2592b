import type { DataBranch } from '../../contract/data-merge.ts';
import type { DatasetVersion } from '../../contract/dataset.ts';
import { Fault } from '../../faults.ts';
import type { DataStore } from '../../versions/data-store.ts';
import type { DvcOutput } from '../../versions/dvc/output.ts';
import { parsePointer, readPointerOf } from '../../versions/dvc/pointer.ts';
import { versionNamed } from '../../versions/pointed-version.ts';

export interface BranchDataNeeds {
  readonly root: string;
  readonly store: DataStore;
  readonly list: () => DatasetVersion[];
  /** Branches with the pointers of their last commits, the newest first. */
  readonly branchTips: (root: string) => Promise<readonly BranchTip[]>;
}

interface BranchTip extends Omit<DataBranch, 'data'> {
  readonly pointers: readonly { readonly pointer: string; readonly text: string }[];
}

/** Branches that have data, with the version that each has of it. Nothing is fetched for that. */
export const branchesWithData = async (needs: BranchDataNeeds): Promise<DataBranch[]> => {
  const tips = await needs.branchTips(needs.root);
  return tips
    .map(({ pointers, ...branch }) => ({
      ...branch,
      data: pointers.flatMap(({ pointer, text }) =>
        outputsOf(text, pointer).map((output) => describe(output, pointer, needs)),
      ),
    }))
    .filter(({ data }) => data.length > 0);
};

const describe = (output: DvcOutput, pointer: string, { root, store, list }: BranchDataNeeds) => {
  const own = list().filter((version) => version.pointer === pointer && version.path === output.path);
  const ours = readOurs(root, output.path);
  const numberOf = (one: DvcOutput): number | null =>
    // A version by its name that is not known here needs no look at the contents of those that are.
    one.version !== null && own.every(({ hash }) => hash !== one.version)
      ? null
      : (versionNamed(one, own, store)?.version ?? null);
  return {
    path: output.path,
    version: numberOf(output),
    ours: ours === null ? null : numberOf(ours),
    equal: ours?.md5 === output.md5,
  };
};

/** A pointer that was committed with marks of conflict names nothing. */
const outputsOf = (text: string, pointer: string): readonly DvcOutput[] =>
  unlessUnreadable(() => parsePointer(text, pointer).outputs) ?? [];

const readOurs = (root: string, path: string): DvcOutput | null =>
  unlessUnreadable(() => readPointerOf(root, path)) ?? null;

const unlessUnreadable = <Result>(read: () => Result): Result | undefined => {
  try {
    return read();
  } catch (error) {
    if (error instanceof Fault && error.code === 'pointer-unreadable') return undefined;
    throw error;
  }
};
