import type { CallOptions, Progress } from '../contract/call.ts';
import type { Remote, RemoteState, Transfer } from '../contract/remote.ts';
import type { RouteReply } from '../contract/routes.ts';
import { bytesText, durationText } from '../terminal/figures.ts';
import { table } from '../terminal/table.ts';
import { answer, exit, type ExitCode, type Shell } from './shell.ts';

export interface TransferOptions {
  readonly remote?: string;
  readonly version?: number;
}

/** Brings versions to a remote. */
export const pushData = (
  shell: Shell,
  dataset: string | undefined,
  options: TransferOptions & { readonly dvc: boolean },
): Promise<ExitCode> =>
  shell.withSidecar(async ({ client }) => {
    const transfer = await client.pushData({ ...named(dataset), ...options }, watching(shell));
    shell.screen.clearStatus();
    answer(shell, transfer, () =>
      transfer.objects === 0 && transfer.versions === 0
        ? 'Everything is there already.'
        : `${transfer.versions} new versions there; ${transferText(transfer)} sent.`,
    );
    return exit.done;
  });

/** Brings versions here, without touching the disk. */
export const fetchData = (shell: Shell, dataset: string | undefined, options: TransferOptions): Promise<ExitCode> =>
  shell.withSidecar(async ({ client }) => {
    const fetched = await client.fetchData({ ...named(dataset), ...options }, watching(shell));
    shell.screen.clearStatus();
    answer(shell, fetched, () => pulledText(fetched));
    return exit.done;
  });

/** Brings the versions that pointers name onto the disk. */
export const pullData = (
  shell: Shell,
  dataset: string | undefined,
  options: TransferOptions & { readonly force: boolean },
): Promise<ExitCode> =>
  shell.withSidecar(async ({ client }) => {
    const pulled = await client.pullData({ ...named(dataset), ...options }, watching(shell));
    shell.screen.clearStatus();
    answer(shell, pulled, () => pulledText(pulled));
    return pulled.some(({ refused }) => refused !== null) ? exit.fault : exit.done;
  });

const named = (dataset: string | undefined) => (dataset === undefined ? {} : { dataset });

/** A status line with bytes and the time that is left; Ctrl-C ends the transfer. */
export const watching = (shell: Shell): CallOptions => ({
  signal: shell.interrupted,
  onProgress: (progress) => shell.screen.status(progressText(progress)),
});

const progressText = ({ fraction, note, remainingMs }: Progress): string =>
  [
    ...(fraction === null ? [] : [`${Math.floor(fraction * 100)} %`]),
    note,
    ...(remainingMs === undefined ? [] : [`~${durationText(remainingMs)} left`]),
  ].join(', ');

const transferText = ({ bytes, objects }: Transfer): string => `${bytesText(bytes)} in ${objects} objects`;

const pulledText = (pulled: RouteReply<'pullData'>): string =>
  pulled.length === 0
    ? 'No .dvc file of this workspace names data, so there is nothing to pull. Name a data set of the remote.'
    : pulled
        .map(({ dataset, transfer, restored, refused }) => {
          if (refused !== null) return `${refused} It was left as it is: version it first, or pull with --force.`;
          const onDisk = restored === null ? '' : `; ${restored.written} files written, ${restored.removed} removed`;
          const kept = restored?.kept == null ? '' : ` What was replaced is in ${restored.kept}.`;
          return `${dataset.path} is v${dataset.version}: ${transferText(transfer)} fetched${onDisk}.${kept}`;
        })
        .join('\n');

export const listRemotes = (shell: Shell): Promise<ExitCode> =>
  shell.withSidecar(async ({ client }) => tellRemotes(shell, await client.listRemotes({})));

/** @param settings `key=value`, as DVC names the keys */
export const addRemote = (
  shell: Shell,
  name: string,
  url: string,
  { set, makeDefault }: { readonly set: readonly (readonly [string, string])[]; readonly makeDefault: boolean },
): Promise<ExitCode> =>
  shell.withSidecar(async ({ client }) => {
    const added = await client.addRemote({ name, url, settings: Object.fromEntries(set) });
    return tellRemotes(shell, makeDefault ? await client.chooseRemote({ name }) : added);
  });

export const removeRemote = (shell: Shell, name: string): Promise<ExitCode> =>
  shell.withSidecar(async ({ client }) => tellRemotes(shell, await client.removeRemote({ name })));

export const chooseRemote = (shell: Shell, name: string): Promise<ExitCode> =>
  shell.withSidecar(async ({ client }) => tellRemotes(shell, await client.chooseRemote({ name })));

const tellRemotes = (shell: Shell, remotes: readonly Remote[]): ExitCode => {
  answer(shell, remotes, () =>
    remotes.length === 0
      ? 'There is no remote. Add one by `trainyard data remote add <name> <url>`.'
      : table(
          ['remote', 'url', 'default'],
          remotes.map(({ name, url, chosen }) => [name, url, chosen ? 'yes' : '']),
        ),
  );
  return exit.done;
};

/** Which versions are only here, only there, or at both places. */
export const showRemoteStatus = (shell: Shell, remote: string | undefined): Promise<ExitCode> =>
  shell.withSidecar(async ({ client }) => {
    const states = await client.remoteStatus(remote === undefined ? {} : { remote }, watching(shell));
    shell.screen.clearStatus();
    answer(shell, states, () => (states.length === 0 ? 'No data is versioned, here or there.' : stateTable(states)));
    return exit.done;
  });

const stateTable = (states: readonly RemoteState[]): string =>
  table(
    ['data', 'only here', 'only there', 'both'],
    states.map(({ path, here, there, both }) => [path, ...[here, there, both].map((all) => String(all.length))]),
  );
