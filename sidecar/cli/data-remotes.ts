import type { Command } from 'commander';
import { addRemote, chooseRemote, listRemotes, removeRemote, showRemoteStatus } from '../commands/data-remotes.ts';
import { collectSetting } from './arguments.ts';
import { ended, type Shells } from './shells.ts';

/** Places that hold versions. */
export const addRemoteCommands = (data: Command, { shell, interruptibleShell }: Shells): void => {
  const remote = data.command('remote').description('places that hold versions, as .dvc/config names them');

  remote
    .command('list', { isDefault: true })
    .description('list the remotes')
    .action(() => ended(listRemotes(shell())));

  remote
    .command('add')
    .description('add a remote, or change one; keys and passwords go to .dvc/config.local, which Git ignores')
    .argument('<name>', 'lower-case letters, digits, dots, dashes')
    .argument('<url>', 's3://bucket/folder, ssh://host/folder, https://host/folder, or a folder')
    .option('--set <key=value>', 'a setting as DVC names it, for example endpointurl=…', collectSetting, [])
    .option('-d, --default', 'make it the default one', false)
    .action((name: string, url: string, options: { set: [string, string][]; default: boolean }) =>
      ended(addRemote(shell(), name, url, { set: options.set, makeDefault: options.default })),
    );

  remote
    .command('remove')
    .description('forget a remote; what it holds is not touched')
    .argument('<name>', 'name of the remote')
    .action((name: string) => ended(removeRemote(shell(), name)));

  remote
    .command('default')
    .description('choose the remote that is meant where none is named')
    .argument('<name>', 'name of the remote')
    .action((name: string) => ended(chooseRemote(shell(), name)));

  remote
    .command('status')
    .description('show which versions are only here, only there, or at both places')
    .argument('[name]', 'name of the remote')
    .action((name: string | undefined) => ended(showRemoteStatus(interruptibleShell(), name)));
};
