import type { TrackedData } from '../contract/data-merge.ts';
import { bytesText } from '../terminal/figures.ts';
import { table } from '../terminal/table.ts';
import { followed } from './data-branches.ts';
import { answer, exit, type ExitCode, type Shell } from './shell.ts';

/** Data that files of DVC name, and where its bytes are. */
export const listTracked = (shell: Shell): Promise<ExitCode> =>
  shell.withSidecar(async ({ client }) => {
    const tracked = await client.listTrackedData({});
    answer(shell, tracked, () => {
      const faults = tracked.unreadable.map(({ message }) => message);
      return tracked.data.length === 0
        ? ['No file of DVC names any data.', ...faults].join('\n')
        : [trackedTable(tracked.data), ...faults].join('\n');
    });
    return exit.done;
  });

const places = { store: 'in the store', cache: "in DVC's cache", elsewhere: 'to be pulled' } as const;

const trackedTable = (data: readonly TrackedData[]): string =>
  table(
    ['data', 'named by', 'files', 'size', 'version', 'bytes are'],
    data.map((one) => [
      one.path,
      `${one.file}${one.stage === null ? '' : `, ${one.stage}`}${one.legacy ? ' (DVC 2)' : ''}`,
      one.files === null ? (one.type === 'file' ? '1' : '–') : String(one.files),
      one.bytes === null ? '–' : bytesText(one.bytes),
      one.version === null ? '–' : `v${one.version}`,
      places[one.found],
    ]),
  );

/** Takes the version that a file of DVC names into the catalog, its bytes from DVC's cache. */
export const adoptData = (shell: Shell, path: string): Promise<ExitCode> =>
  shell.withSidecar(async ({ client }) => {
    const dataset = await client.adoptData({ path }, followed(shell));
    shell.screen.clearStatus();
    answer(
      shell,
      dataset,
      () =>
        `${dataset.path} as DVC has it is ${dataset.name}@v${dataset.version}: ${dataset.files} files, ${bytesText(dataset.bytes)}. \`trainyard checkout ${dataset.name} v${dataset.version}\` puts it on disk.`,
    );
    return exit.done;
  });

/** Writes a version into DVC's cache, for `dvc checkout`, `dvc push` and `dvc diff`. */
export const exportToDvc = (shell: Shell, dataset: string, version: number): Promise<ExitCode> =>
  shell.withSidecar(async ({ client }) => {
    const written = await client.exportToDvc({ dataset, version }, followed(shell));
    shell.screen.clearStatus();
    answer(shell, written, () =>
      [
        `${written.objects} objects (${bytesText(written.bytes)}) written to ${written.cache}, ${written.present} were there.`,
        ...(written.repaired > 0 ? [`In the cache ${damagedText(written.repaired)} damaged, and replaced.`] : []),
      ].join('\n'),
    );
    return exit.done;
  });

const damagedText = (objects: number): string => (objects === 1 ? '1 object was' : `${objects} objects were`);
