import type { DatasetStatus, DatasetVersion } from '../contract/dataset.ts';
import { agoText, bytesText } from '../terminal/figures.ts';
import { table } from '../terminal/table.ts';
import { answer, exit, type ExitCode, type Shell } from './shell.ts';

/** Versions a folder or file; without a path, lists the versions there are. */
export const versionData = (shell: Shell, path: string | undefined): Promise<ExitCode> =>
  shell.withSidecar(async ({ client }) => {
    if (path === undefined) {
      const versions = await client.listDatasets({});
      answer(shell, versions, () => (versions.length === 0 ? 'No data is versioned yet.' : versionTable(versions)));
    } else {
      const dataset = await client.versionDataset({ path });
      answer(
        shell,
        dataset,
        () =>
          `${dataset.name}@v${dataset.version}: ${dataset.files} files, ${bytesText(dataset.bytes)}. Pointer: ${dataset.pointer}`,
      );
    }
    return exit.done;
  });

const versionTable = (versions: readonly DatasetVersion[]): string =>
  table(
    ['data', 'version', 'files', 'size', 'kind', 'by', 'commit', 'when'],
    versions.map((one) => [
      one.name,
      `v${one.version}`,
      String(one.files),
      bytesText(one.bytes),
      one.kind,
      one.author,
      one.code.commit?.slice(0, 8) ?? '–',
      agoText(one.createdAt, Date.now()),
    ]),
  );

/** How the data on disk stands to the version that its pointer names. */
export const statusOfData = (shell: Shell, dataset: string): Promise<ExitCode> =>
  shell.withSidecar(async ({ client }) => {
    const status = await client.dataStatus({ dataset });
    answer(shell, status, () => describeStatus(status));
    return exit.done;
  });

const signs = { added: '+', removed: '−', changed: '~' } as const;

const describeStatus = ({ version, disk, equal, difference }: DatasetStatus): string => {
  const named = `${version.name}@v${version.version}`;
  if (disk === null) return `Nothing lies at ${version.path}; its pointer names ${named}.`;
  const there = `${disk.files.toLocaleString('en')} files, ${bytesText(disk.bytes)}`;
  if (equal) return `${version.path} is ${named}: ${there}.`;
  const { added, removed, changed, files, truncated } = difference;
  const head = `${version.path}: ${there}. Against ${named}: ${added} added, ${removed} removed, ${changed} changed.`;
  const lines = files.map((file) => `${signs[file.change]} ${file.path}`);
  return [head, ...lines, ...(truncated ? ['… only the first 1,000 are shown'] : [])].join('\n');
};

interface RestoreOptions {
  readonly force: boolean;
  readonly paths?: string[];
}

/** Puts a version back on disk. */
export const restoreData = (
  shell: Shell,
  dataset: string,
  version: number,
  options: RestoreOptions,
): Promise<ExitCode> =>
  shell.withSidecar(async ({ client }) => {
    const result = await client.restoreDataset({ dataset, version, ...options });
    const kept = result.kept === null ? '' : ` What was replaced is in ${result.kept}.`;
    answer(shell, result, () => `${result.written} files written, ${result.removed} removed.${kept}`);
    return exit.done;
  });

/** Reads every stored byte of a version again. */
export const verifyData = (shell: Shell, dataset: string, version: number): Promise<ExitCode> =>
  shell.withSidecar(async ({ client }) => {
    const result = await client.verifyDataset({ dataset, version });
    answer(shell, result, () =>
      result.damaged.length === 0
        ? `All ${result.files} files of ${dataset}@v${version} are whole.`
        : `${result.damaged.length} of ${result.files} files are damaged:\n${result.damaged.join('\n')}`,
    );
    return result.damaged.length === 0 ? exit.done : exit.fault;
  });
