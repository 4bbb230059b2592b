import type { DatasetVersion } from '../../sidecar/contract/dataset.ts';
import type { Remote } from '../../sidecar/contract/remote.ts';
import { countOf, showBytes } from '../format.ts';

/** A question, and what follows from a yes. */
export interface Question {
  readonly question: string;
  readonly detail: string;
}

/** @param stillNamed whether a pointer names its bytes */
export const sayForget = (version: DatasetVersion, stillNamed: boolean): Question => ({
  question: `Forget ${sayName(version)}?`,
  detail: [
    `${saySize(version)}. It leaves the list, and its number is not given again.`,
    stillNamed
      ? 'A pointer in Git or on disk still names it: its bytes stay as long as that does.'
      : 'Free Space of Old Data then removes what only this version needs.',
    'What lies on disk stays as it is.',
  ].join('\n'),
});

/** @param stillNamed whether a pointer of this repository names it */
export const sayForgetRemote = (version: DatasetVersion, remote: Remote, stillNamed: boolean): Question => ({
  question: `Remove ${sayName(version)} from ${remote.name}?`,
  detail: [
    `${saySize(version)}, in ${remote.url}. It leaves the list there: nobody can pull it any more. Here it stays.`,
    ...(stillNamed ? ['A pointer in Git or on disk names it: who checks that out then lacks the data.'] : []),
    'Free Space on Remote then removes what no other version needs, a day later or more. Push Data on this version brings it back.',
  ].join('\n'),
});

const sayName = ({ name, version }: DatasetVersion): string => `${name}@v${version}`;

const saySize = ({ files, bytes }: DatasetVersion): string => `${countOf(files, 'file')}, ${showBytes(bytes)}`;
