import type { TrackedData } from '../../sidecar/contract/data-merge.ts';
import type { DatasetVersion } from '../../sidecar/contract/dataset.ts';
import { countOf, showAge, showBytes } from '../format.ts';
import type { Project } from '../sidecar/project.ts';
import { factRow, type Row } from '../tree/row.ts';
import { explainState, sayState, type DataState } from './state.ts';
import type { DataStates, RemoteNote } from './states.ts';

/** What is known of data beyond the catalog. */
export interface DataNotes {
  readonly states: DataStates;
  readonly remotes: ReadonlyMap<string, RemoteNote>;
  readonly tracked: readonly TrackedData[];
}

/**
 * Versioned data sets with their versions, newest first, and data that only DVC has versioned so far; nothing when there
 * is neither.
 */
export const collectDatasets = (
  { datasets, pointers }: Project,
  { states, remotes, tracked }: DataNotes,
  now: number,
): readonly Row[] => {
  const paths = [...new Set(datasets.map(({ path }) => path))];
  const rows = paths.map((path) => {
    const versions = datasets
      .filter((version) => version.path === path)
      .toSorted((left, right) => right.version - left.version);
    const [state, remote] = [states.get(path) ?? null, remotes.get(path) ?? null];
    return datasetRow({ path, versions, state, remote, pointers, now });
  });
  const others = tracked.filter(({ path }) => !paths.includes(path)).map(trackedRow);
  return [...rows, ...others].toSorted((left, right) => left.label.localeCompare(right.label));
};

/** Data of which DVC keeps a version: one click takes it up. */
const trackedRow = ({ path, file, files, bytes, found, kind }: TrackedData): Row => {
  const label = path.slice(path.lastIndexOf('/') + 1);
  const size = [files === null ? null : countOf(files, 'file'), bytes === null ? null : showBytes(bytes)];
  const said = ['by DVC', ...size.filter((part) => part !== null), ...(found === 'elsewhere' ? ['not pulled'] : [])];
  return {
    ...factRow({ id: `tracked/${path}`, label, description: [...said, path].join(' · '), icon: 'database' }),
    tooltip: `${sayOrigin(kind)} (\`${file}\`). It has no version in Trainyard yet; adopting it gives it one and changes no file.`,
    context: 'trackedData',
    spoken: [`data set ${label}`, ...said, `at ${path}`].join(', '),
    click: null,
    subject: { kind: 'trackedData', path },
  };
};

const sayOrigin = (kind: TrackedData['kind']): string =>
  ({ data: 'Versioned by DVC', import: 'Imported by DVC', stage: 'Made by a stage of DVC' })[kind];

interface Shown {
  readonly path: string;
  /** Newest first. */
  readonly versions: readonly DatasetVersion[];
  readonly state: DataState | null;
  readonly remote: RemoteNote | null;
  readonly pointers: Project['pointers'];
  readonly now: number;
}

const datasetRow = ({ path, versions, state, remote, pointers, now }: Shown): Row => {
  const [newest] = versions;
  const name = newest?.name ?? path;
  const named = state?.version ?? pointers.get(newest?.pointer ?? '');
  const said = [...sayPointer(named, newest), ...(state === null ? [] : sayState(state)), ...sayRemote(remote)];
  return {
    ...factRow({
      id: `dataset/${path}`,
      label: name,
      description: [`v${newest?.version ?? 0}`, ...said, path].join(' · '),
      icon: 'database',
    }),
    ...lookOf(name, state),
    spoken: [`data set ${name}`, countOf(versions.length, 'version'), ...said, `at ${path}`].join(', '),
    opened: 'collapsed',
    children: versions.map((version, index) => versionRow({ version, before: versions[index + 1], named, now })),
    subject: { kind: 'dataset', dataset: name, path },
  };
};

/** What follows from the state: the menus offer other things for data that differs on disk. */
const lookOf = (name: string, state: DataState | null): Pick<Row, 'tooltip' | 'icon' | 'context'> => {
  const differs = state !== null && state.kind !== 'equal';
  return {
    tooltip: state === null ? null : explainState(name, state),
    icon: { name: 'database', color: differs ? 'gitDecoration.modifiedResourceForeground' : null },
    context: differs ? `dataset.${state.kind}` : 'dataset',
  };
};

/** Said when the pointer that Git holds names another version than the newest: restoring it is then one click away. */
const sayPointer = (named: number | null | undefined, newest: DatasetVersion | undefined): readonly string[] => {
  if (named === undefined || named === newest?.version) return [];
  return [named === null ? 'pointer names an unknown version' : `pointer names v${named}`];
};

/** Said where the remote lacks something, or has more. */
const sayRemote = (remote: RemoteNote | null): readonly string[] =>
  remote === null
    ? []
    : [
        ...(remote.here === 0 ? [] : [`${remote.here} not pushed`]),
        ...(remote.there === 0 ? [] : [`${remote.there} to fetch`]),
      ];

interface ShownVersion {
  readonly version: DatasetVersion;
  readonly before: DatasetVersion | undefined;
  /** What the pointer names, as far as that is known. */
  readonly named: number | null | undefined;
  readonly now: number;
}

const versionRow = ({ version, before, named, now }: ShownVersion): Row => {
  const grown = before === undefined ? [] : growth(version, before);
  const size = `${countOf(version.files, 'file')} · ${showBytes(version.bytes)}`;
  const age = showAge(version.createdAt, now);
  const isNamed = named === version.version;
  const { name, author, path } = version;
  const spoken = [
    `${name} version ${version.version}`,
    size,
    ...grown,
    ...(isNamed ? ['named by the pointer'] : []),
    `by ${author}`,
    age === 'now' ? 'just now' : `${age} ago`,
  ];
  return {
    ...factRow({
      id: `dataset/${path}/${version.version}`,
      label: `v${version.version}`,
      // Who and when must be seen in a narrow view; what comes last is cut off first.
      description: [size, author, age, ...grown].join(' · '),
      icon: isNamed ? 'check' : 'archive',
      tooltip: tooltipOf(version, size, isNamed),
    }),
    context: before === undefined ? 'dataVersion' : 'dataVersion.later',
    spoken: spoken.join(', '),
    click: before === undefined ? null : { command: 'trainyard.diffDataWithPrevious', argument: version },
    subject: { kind: 'dataVersion', dataset: name, version: version.version },
  };
};

const tooltipOf = (version: DatasetVersion, size: string, isNamed: boolean): string => {
  const { name, kind, path, pointer, author, code, hash } = version;
  return [
    `**${name}@v${version.version}** ${size}`,
    `${kind} at \`${path}\`, pointer \`${pointer}\`${isNamed ? ', which names this version' : ''}`,
    `by ${author}, commit ${code.commit?.slice(0, 8) ?? 'none'}${code.dirty ? ' with changes' : ''}`,
    `content \`${hash.slice(0, 12)}\``,
  ].join('\n\n');
};

/** What a version has more or less than the one before it. */
const growth = (version: DatasetVersion, before: DatasetVersion): readonly string[] => {
  const files = version.files - before.files;
  const bytes = version.bytes - before.bytes;
  const sign = (value: number) => (value > 0 ? '+' : '−');
  return [
    ...(files === 0 ? [] : [`${sign(files)}${countOf(Math.abs(files), 'file')}`]),
    ...(bytes === 0 ? [] : [`${sign(bytes)}${showBytes(Math.abs(bytes))}`]),
  ];
};
