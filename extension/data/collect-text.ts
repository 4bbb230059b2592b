import type { DataCollection } from '../../sidecar/contract/data-upkeep.ts';
import { countOf, showBytes } from '../format.ts';

/** What a collection would free, and why that is safe. */
export const sayCollection = ({
  groups,
  versions,
  freedBytes,
}: DataCollection): { readonly bytes: number; readonly detail: string } => {
  const unneeded = groups
    .filter(({ fate }) => fate === 'dead' || fate === 'sparse')
    .reduce((sum, { bytes, neededBytes }) => sum + bytes - neededBytes, 0);
  const young = groups.filter(({ fate }) => fate === 'young').reduce((sum, { bytes }) => sum + bytes, 0);
  const parts = [
    `All bytes of the ${countOf(versions, 'version')} stay that the list, a pointer, or a branch or tag of Git names.`,
    unneeded === 0
      ? null
      : `${showBytes(unneeded)} that none of them needs go into the trash. They leave the disk the next time, a day later or more.`,
    freedBytes === 0 ? null : `${showBytes(freedBytes)} leave the trash and the disk now.`,
    young === 0 ? null : `${showBytes(young)} are younger than a day and stay.`,
  ];
  return { bytes: unneeded + freedBytes, detail: parts.filter((part) => part !== null).join('\n') };
};

/** What a collection has done. */
export const sayFreed = ({ retiredBytes, freedBytes, undone }: DataCollection): string =>
  undone
    ? 'A version was saved meanwhile, so nothing was freed. Try it again.'
    : [
        freedBytes === 0 ? null : `${showBytes(freedBytes)} have left the disk.`,
        retiredBytes === 0 ? null : `${showBytes(retiredBytes)} are in the trash, for a day at least.`,
      ]
        .filter((part) => part !== null)
        .join(' ');
