import type { Command } from 'commander';
import { fetchData, pullData, pushData, type TransferOptions } from '../commands/data-remotes.ts';
import { wholeNumber } from './arguments.ts';
import { ended, type Shells } from './shells.ts';

/** Versions on their way to remotes and back. */
export const addTransferCommands = (data: Command, { interruptibleShell }: Shells): void => {
  transferOptions(data.command('push'))
    .description('bring versions to a remote: what it lacks of them, in packs')
    .option('--dvc', 'lay them out as DVC does, so that `dvc pull` brings them', false)
    .action((name: string | undefined, options: TransferOptions & { dvc: boolean }) =>
      ended(pushData(interruptibleShell(), name, options)),
    );

  transferOptions(data.command('fetch'))
    .description('bring versions from a remote, without touching the disk')
    .action((name: string | undefined, options: TransferOptions) =>
      ended(fetchData(interruptibleShell(), name, options)),
    );

  transferOptions(data.command('pull'))
    .description('bring the data that the .dvc files of the workspace name onto the disk')
    .option('--force', 'replace changed files; what they were is kept', false)
    .action((name: string | undefined, options: TransferOptions & { force: boolean }) =>
      ended(pullData(interruptibleShell(), name, options)),
    );
};

const transferOptions = (command: Command): Command =>
  command
    .argument('[data]', 'name or path of a data set; without it all of them')
    .option('-r, --remote <name>', 'this remote instead of the default one')
    .option('--version <version>', 'only this version, such as 3 or v3', wholeNumber);
