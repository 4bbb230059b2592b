import type { DataConflict, MergedData } from '../../sidecar/contract/data-merge.ts';
import { countOf, showBytes, showCount } from '../format.ts';

const reasons: Readonly<Record<DataConflict['kind'], string>> = {
  'both-changed': 'changed on both sides',
  'both-added': 'added on both sides with other contents',
  'changed-and-removed': 'changed on one side and removed on the other',
  mode: 'executable on one side only',
  'file-and-folder': 'a file on one side and a folder on the other',
};

/** `3/17.png: changed on both sides (ours 1.20 kB, theirs none)`. */
export const explainConflict = ({ path, kind, ours, theirs }: DataConflict): string => {
  const size = (bytes: number | null) => (bytes === null ? 'none' : showBytes(bytes));
  return `${path}: ${reasons[kind]} (ours ${size(ours)}, theirs ${size(theirs)})`;
};

/** More conflicts than these are counted. */
const MOST_CONFLICTS = 10;

/** The conflicts of a data set, and what it means not to choose. */
export const explainConflicts = ({ conflicts, conflictCount }: MergedData): string => {
  const more = conflictCount - MOST_CONFLICTS;
  return [
    ...conflicts.slice(0, MOST_CONFLICTS).map(explainConflict),
    ...(more > 0 ? [`… and ${showCount(more)} more`] : []),
    '',
    'Nothing on disk changes until they are settled. If you cancel, they wait.',
  ].join('\n');
};

/** What has become of one data set, in a sentence. */
export const sayMerged = ({ path, outcome, version, conflictCount, written, removed }: MergedData): string => {
  switch (outcome) {
    case 'unchanged':
      return `${path} has nothing new.`;
    case 'removed':
      return `${path} is gone on the other branch; nothing was done about it.`;
    case 'conflicts':
      return `${countOf(conflictCount, 'conflict')} in ${path} still wait${conflictCount === 1 ? 's' : ''}.`;
    case 'merged': {
      const name = version === null ? path : `${version.name}@v${version.version}`;
      return `${name} is on disk: ${countOf(written, 'file')} written, ${removed.toLocaleString('en')} removed.`;
    }
  }
};
