import type { HarmedFile, StoreCheck } from '../../sidecar/contract/data-upkeep.ts';
import { countOf, showBytes, showCount } from '../format.ts';

/** Whether every byte is what its name says. */
export const isWhole = ({ damage, files }: StoreCheck): boolean => damage.length === 0 && files.length === 0;

export const sayWhole = ({ blobs, bytes }: StoreCheck): string =>
  `All stored data is whole: ${countOf(blobs, 'piece')}, ${showBytes(bytes)} read.`;

/** More lines than these are counted. */
const MOST_LINES = 8;

/** What is broken, and which files that harms. */
export const sayDamage = ({ damage, files }: StoreCheck): { readonly title: string; readonly detail: string } => {
  const lines =
    files.length === 0 ? ['No file of a version needs what is damaged.'] : files.slice(0, MOST_LINES).map(sayFile);
  const more = files.length - MOST_LINES;
  return {
    title: `${countOf(damage.length, 'place')} of the stored data ${damage.length === 1 ? 'is' : 'are'} damaged.`,
    detail: [
      ...lines,
      ...(more > 0 ? [`… and ${showCount(more)} more`] : []),
      '',
      'Repair takes the bytes from unchanged files on disk and from the remote. Files on disk stay as they are.',
    ].join('\n'),
  };
};

const sayFile = ({ version, path, files }: HarmedFile): string => {
  if (path === null) return `${version}: no file can be read`;
  const others = files === null || files === 1 ? '' : ` and ${countOf(files - 1, 'other')}`;
  return `${version}: ${path}${others} cannot be read`;
};

/** What a repair has done; `lost` is true where bytes are nowhere. */
export const sayRepaired = ({ files, repaired }: StoreCheck): { readonly lost: boolean; readonly text: string } => {
  const { blobs, indexes, lost } = repaired ?? { blobs: 0, indexes: 0, lost: 0 };
  const done = [
    blobs === 0 ? null : `${countOf(blobs, 'piece')} brought back`,
    indexes === 0 ? null : `${showCount(indexes)} indexes made anew`,
  ].filter((part) => part !== null);
  const said = done.length === 0 ? '' : ` ${done.join(', ')}.`;
  if (lost === 0 && files.length === 0) return { lost: false, text: `The stored data is whole again:${said}` };
  const names = files.slice(0, MOST_LINES).map(sayFile).join('; ');
  return { lost: true, text: `${countOf(lost, 'piece')} of the stored data could be found nowhere.${said} ${names}.` };
};
