import type { DataBranch } from '../../sidecar/contract/data-merge.ts';
import { showAge } from '../format.ts';

/** A branch as a list shows it. */
export interface BranchItem {
  readonly branch: string;
  readonly label: string;
  readonly description: string;
  readonly detail: string;
}

/** Branches whose data differs from ours first. */
export const branchItems = (branches: readonly DataBranch[], now: number): readonly BranchItem[] =>
  branches.toSorted((left, right) => Number(isSame(left)) - Number(isSame(right))).map((branch) => toItem(branch, now));

/** Whether a merge would bring nothing. */
const isSame = ({ data }: DataBranch): boolean => data.every(({ equal }) => equal);

const toItem = (branch: DataBranch, now: number): BranchItem => {
  const { name, remote, author, committedAt, data } = branch;
  const age = showAge(committedAt, now);
  return {
    branch: name,
    label: `$(${remote ? 'cloud' : 'git-branch'}) ${name}`,
    description: `${age === 'now' ? 'just now' : `${age} ago`} by ${author}`,
    detail: isSame(branch) ? 'The same data as here' : sayData(data.filter(({ equal }) => !equal)),
  };
};

/** More names than these are counted. */
const MOST_NAMES = 4;

const sayData = (data: DataBranch['data']): string => {
  const names = data.slice(0, MOST_NAMES).map(({ path, version, ours }) => {
    const name = path.slice(path.lastIndexOf('/') + 1);
    if (version === null) return `${name} (a version that is not here)`;
    return `${name}@v${version}${ours === null ? '' : ` (here v${ours})`}`;
  });
  const more = data.length - names.length;
  return `${names.join(', ')}${more > 0 ? ` and ${more} more` : ''}`;
};
