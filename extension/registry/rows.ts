import type { ModelEntry } from '../../sidecar/contract/model.ts';
import { countOf, showBytes, showNumber, showDirection } from '../format.ts';
import type { Project } from '../sidecar/project.ts';
import { factRow, type Row } from '../tree/row.ts';

/** Registered models with their versions, newest first; nothing when there are none. */
export const collectModels = ({ models }: Project): readonly Row[] => {
  const names = [...new Set(models.map(({ name }) => name))].toSorted();
  return names.map((name) =>
    modelRow(
      name,
      models.filter((entry) => entry.name === name),
    ),
  );
};

const modelRow = (name: string, entries: readonly ModelEntry[]): Row => {
  const versions = entries.toSorted((left, right) => right.version - left.version);
  const aliases = versions.flatMap(({ version, aliases }) => aliases.map((alias) => `v${version} ◆ ${alias}`));
  const description = aliases.length > 0 ? aliases.join(' · ') : countOf(versions.length, 'version');
  return {
    ...factRow({ id: `model/${name}`, label: name, description, icon: 'package' }),
    context: 'model',
    spoken: `model ${name}, ${countOf(versions.length, 'version')}${aliases.length > 0 ? `, ${aliases.join(', ')}` : ''}`,
    opened: 'expanded',
    children: versions.map(versionRow),
    subject: { kind: 'model', model: name },
  };
};

const versionRow = (entry: ModelEntry): Row => {
  const [measure] = entry.measures.filter(({ value }) => value !== null);
  const figure =
    measure?.value == null ? [] : [`${measure.name} ${showNumber(measure.value)} ${showDirection(measure.better)}`];
  const parts = [...entry.aliases.map((alias) => `◆ ${alias}`), ...figure, `from ${entry.run}`];
  return {
    id: `model/${entry.name}/${entry.version}`,
    label: `v${entry.version}`,
    description: parts.join(' · '),
    tooltip: [
      `**${entry.name} v${entry.version}** ${entry.aliases.join(', ')}`,
      `run ${entry.run} · data ${entry.dataset.name}@v${entry.dataset.version} · ${showBytes(entry.bytes)}`,
      ...Object.entries(entry.tags).map(([key, value]) => `${key}: ${value}`),
    ].join('\n\n'),
    icon: entry.aliases.length > 0 ? { name: 'star-full', color: 'charts.yellow' } : { name: 'tag', color: null },
    context: entry.aliases.includes('champion') ? 'version.champion' : 'version',
    spoken: [
      `${entry.name} version ${entry.version}`,
      ...entry.aliases,
      ...figure,
      `from run ${entry.run.slice(1)}`,
    ].join(', '),
    opened: 'never',
    children: [],
    click: { command: 'trainyard.openRun', argument: entry.run },
    subject: { kind: 'version', model: entry.name, version: entry.version },
  };
};
