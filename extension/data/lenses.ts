import type { DatasetVersion } from '../../sidecar/contract/dataset.ts';
import type { CommandId } from '../ids.ts';
import { countOf, showAge, showBytes } from '../format.ts';
import { countChanges, type DataState } from './state.ts';

/** A line of words above a `.dvc` file, one of which may do something. */
export interface DataLens {
  readonly title: string;
  readonly tooltip: string;
  readonly command: CommandId | null;
  readonly argument: unknown;
}

export interface LensNeeds {
  /** The `.dvc` file, relative to the workspace. */
  readonly pointer: string;
  readonly datasets: readonly DatasetVersion[];
  readonly state: DataState | undefined;
  readonly now: number;
}

/** What a pointer names, and what can be done with it; nothing for a pointer that is not known. */
export const dataLenses = ({ pointer, datasets, state, now }: LensNeeds): readonly DataLens[] => {
  const versions = datasets
    .filter((dataset) => dataset.pointer === pointer)
    .toSorted((left, right) => right.version - left.version);
  const named = versions.find(({ version }) => version === state?.version);
  if (named === undefined || state === undefined) return [];
  const before = versions.find(({ version }) => version < named.version);
  const { name, path, version } = named;
  const compare = (title: string, tooltip: string, from: number, to: number | 'disk'): DataLens => ({
    title,
    tooltip,
    command: 'trainyard.diffData',
    argument: { data: path, from, to },
  });
  return [
    { title: `${name}@v${version} · ${sayVersion(named, now)}`, tooltip: '', command: null, argument: null },
    ...(state.kind === 'changed'
      ? [
          compare(`Compare with disk (${countChanges(state)} changed)`, 'Show what differs on disk', version, 'disk'),
          {
            title: 'Version changes',
            tooltip: 'Keep what lies on disk as the next version',
            command: 'trainyard.versionData' as const,
            argument: named,
          },
        ]
      : []),
    ...(before === undefined
      ? []
      : [
          compare(
            `Compare with v${before.version}`,
            'Show what differs from the version before',
            before.version,
            version,
          ),
        ]),
    ...(state.kind === 'equal'
      ? []
      : [
          {
            title: 'Restore',
            tooltip: `Bring ${name}@v${version} back to disk`,
            command: 'trainyard.restoreData' as const,
            argument: named,
          },
        ]),
  ];
};

/** `1,200 files · 45.0 MB · by ana · 2 d ago`. */
export const sayVersion = ({ files, bytes, author, createdAt }: DatasetVersion, now: number): string => {
  const age = showAge(createdAt, now);
  return [countOf(files, 'file'), showBytes(bytes), `by ${author}`, age === 'now' ? 'just now' : `${age} ago`].join(
    ' · ',
  );
};
