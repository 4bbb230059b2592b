import { bytesText } from '../terminal/figures.ts';
import { readTraining } from './document.ts';
import { explain } from './explain.ts';
import type { KnownDataset, ProjectState } from './project.ts';
import { describeMemory } from './memory.ts';
import { schemaAt } from './schema.ts';
import { showPath, type Path, type Span } from './span.ts';
import { describeDevice } from './values.ts';

export interface Hover {
  /** Markdown. */
  readonly text: string;
  readonly span: Span;
}

/** The words of the schema about the setting at an offset, and what the project knows about its value. */
export const hover = (text: string, offset: number, project: ProjectState): Hover | null => {
  const document = readTraining(text);
  const found = document.at(offset);
  if (found === null) return null;
  const schema = schemaAt(found.path);
  if (schema === null) return null;
  const written = text.slice(found.span.start, found.span.end);
  const known = found.on === 'value' ? knownValue({ path: found.path, written, project, value: document.value }) : null;
  const parts = [`**${showPath(found.path)}**`, explain(schema), ...(known === null ? [] : [known])];
  return { text: parts.join('\n\n'), span: found.span };
};

interface ValueSite {
  readonly path: Path;
  readonly written: string;
  readonly project: ProjectState;
  /** The whole configuration. */
  readonly value: unknown;
}

const knownValue = ({ path, written, project, value }: ValueSite): string | null => {
  const name = showPath(path);
  if (name === 'data.batch_size' || name === 'model.name') return describeMemory(value);
  if (name === 'training.device') {
    const device = project.devices?.find(({ id }) => id === written);
    return device === undefined ? null : describeDevice(device);
  }
  return name === 'data.dataset' ? describeDataset(written, project.datasets ?? []) : null;
};

const describeDataset = (written: string, datasets: readonly KnownDataset[]): string | null => {
  const [path = '', pinned] = written.split('@v');
  const versions = datasets.filter((dataset) => dataset.path === path.replace(/^\.\//, '') || dataset.name === path);
  const asked = pinned === undefined ? versions : versions.filter(({ version }) => version === Number(pinned));
  const newest = asked.reduce<KnownDataset | null>(
    (best, one) => (best === null || one.version > best.version ? one : best),
    null,
  );
  if (newest === null) return null;
  const { name, version, files, bytes } = newest;
  return `${name} v${version}: ${files.toLocaleString('en')} ${files === 1 ? 'file' : 'files'} · ${bytesText(bytes)}`;
};
