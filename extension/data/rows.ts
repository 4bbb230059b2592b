import type { DatasetVersion } from '../../sidecar/contract/dataset.ts';
import { countOf, showAge, showBytes } from '../format.ts';
import type { Project } from '../sidecar/project.ts';
import { factRow, type Row } from '../tree/row.ts';

/** Versioned data sets with their versions, newest first; nothing when there are none. */
export const collectDatasets = ({ datasets, pointers }: Project, now: number): readonly Row[] => {
  const names = [...new Set(datasets.map(({ name }) => name))].toSorted();
  return names.map((name) =>
    datasetRow(
      name,
      datasets.filter((version) => version.name === name),
      pointers,
      now,
    ),
  );
};

const datasetRow = (name: string, all: readonly DatasetVersion[], pointers: Project['pointers'], now: number): Row => {
  const versions = all.toSorted((left, right) => right.version - left.version);
  const [newest] = versions;
  const path = newest?.path ?? '';
  const named = pointers.get(newest?.pointer ?? '');
  return {
    ...factRow({
      id: `dataset/${name}`,
      label: name,
      description: [`v${newest?.version ?? 0}`, ...sayPointer(named, newest), path].join(' · '),
      icon: 'database',
    }),
    context: 'dataset',
    spoken: `data set ${name}, ${countOf(versions.length, 'version')}, at ${path}`,
    opened: 'collapsed',
    children: versions.map((version, index) => versionRow(version, versions[index + 1], now)),
    subject: { kind: 'dataset', dataset: name, path },
  };
};

/** Said when the pointer that Git holds names another version than the newest: restoring it is then one click away. */
const sayPointer = (named: number | null | undefined, newest: DatasetVersion | undefined): readonly string[] => {
  if (named === undefined || named === newest?.version) return [];
  return [named === null ? 'pointer names an unknown version' : `pointer names v${named}`];
};

const versionRow = (version: DatasetVersion, before: DatasetVersion | undefined, now: number): Row => {
  const grown = before === undefined ? [] : growth(version.files - before.files);
  const size = `${countOf(version.files, 'file')} · ${showBytes(version.bytes)}`;
  const age = showAge(version.createdAt, now);
  return {
    id: `dataset/${version.name}/${version.version}`,
    label: `v${version.version}`,
    description: [size, ...grown, age].join(' · '),
    tooltip: [
      `**${version.name}@v${version.version}** ${size}`,
      `${version.kind} at \`${version.path}\`, pointer \`${version.pointer}\``,
      `by ${version.author}, commit ${version.code.commit?.slice(0, 8) ?? 'none'}${version.code.dirty ? ' with changes' : ''}`,
      `content \`${version.hash.slice(0, 12)}\``,
    ].join('\n\n'),
    icon: { name: 'archive', color: null },
    context: 'dataVersion',
    spoken: `${version.name} version ${version.version}, ${size}, ${age === 'now' ? 'just now' : `${age} ago`}`,
    opened: 'never',
    children: [],
    click: null,
    subject: { kind: 'dataVersion', dataset: version.name, version: version.version },
  };
};

const growth = (files: number): readonly string[] => {
  if (files === 0) return [];
  return [`${files > 0 ? '+' : '−'}${countOf(Math.abs(files), 'file')}`];
};
