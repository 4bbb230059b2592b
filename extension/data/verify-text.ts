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
  const lines = sayFiles(files);
  const more = lines.length - MOST_LINES;
  return {
    title: `${countOf(damage.length, 'place')} of the stored data ${damage.length === 1 ? 'is' : 'are'} damaged.`,
    detail: [
      ...(lines.length === 0 ? ['No file of a version needs what is damaged.'] : lines.slice(0, MOST_LINES)),
      ...(more > 0 ? [`… and ${showCount(more)} more`] : []),
      '',
      'Repair takes the bytes from unchanged files on disk and from the remote. Files on disk stay as they are.',
    ].join('\n'),
  };
};

/** A line for each file, with the versions that hold it: `images@v1, v2: 3/17.png cannot be read`. */
const sayFiles = (files: readonly HarmedFile[]): readonly string[] => {
  const groups = Map.groupBy(files, ({ version, path, files: count }) =>
    JSON.stringify([nameOf(version), path, count]),
  );
  return [...groups.values()].flatMap(([first, ...others]) => {
    if (first === undefined) return [];
    const more = others.map(({ version }) => version.slice(nameOf(version).length + 1));
    return [`${[first.version, ...more].join(', ')}: ${sayHarm(first)}`];
  });
};

const nameOf = (version: string): string => version.replace(/@v\d+$/, '');

const sayHarm = ({ path, files }: HarmedFile): string => {
  if (path === null) return 'no file can be read';
  const others = files === null || files === 1 ? '' : ` and ${countOf(files - 1, 'other')}`;
  return `${path}${others} cannot be read`;
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
  const names = sayFiles(files).slice(0, MOST_LINES).join('; ');
  return { lost: true, text: `${countOf(lost, 'piece')} of the stored data could be found nowhere.${said} ${names}.` };
};
