import type { DataBranch } from '../../sidecar/contract/data-merge.ts';
import { showAge } from '../format.ts';

/** A branch as a list shows it. */
export interface BranchItem {
  readonly branch: string;
  readonly label: string;
  readonly description: string;
  readonly detail: string;
}

/** Branches whose data differs from ours first. @param ours versions that our pointers name, by the path of the data */
export const branchItems = (
  branches: readonly DataBranch[],
  ours: ReadonlyMap<string, number>,
  now: number,
): readonly BranchItem[] =>
  branches
    .toSorted((left, right) => Number(isSame(left)) - Number(isSame(right)))
    .map((branch) => toItem(branch, ours, now));

/** Whether a merge would bring nothing. */
const isSame = ({ data }: DataBranch): boolean => data.every(({ equal }) => equal);

const toItem = (branch: DataBranch, ours: ReadonlyMap<string, number>, now: number): BranchItem => {
  const { name, remote, author, committedAt, data } = branch;
  const age = showAge(committedAt, now);
  return {
    branch: name,
    label: `$(${remote ? 'cloud' : 'git-branch'}) ${name}`,
    description: `${age === 'now' ? 'just now' : `${age} ago`} by ${author}`,
    detail: isSame(branch)
      ? 'The same data as here'
      : sayData(
          data.filter(({ equal }) => !equal),
          ours,
        ),
  };
};

/** More names than these are counted. */
const MOST_NAMES = 4;

const sayData = (data: DataBranch['data'], ours: ReadonlyMap<string, number>): string => {
  const names = data.slice(0, MOST_NAMES).map(({ path, version }) => {
    const name = path.slice(path.lastIndexOf('/') + 1);
    if (version === null) return `${name} (a version that is not here)`;
    const here = ours.get(path);
    return `${name}@v${version}${here === undefined ? '' : ` (here v${here})`}`;
  });
  const more = data.length - names.length;
  return `${names.join(', ')}${more > 0 ? ` and ${more} more` : ''}`;
};
