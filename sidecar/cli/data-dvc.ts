import type { Command } from 'commander';
import { adoptData, exportToDvc, listTracked } from '../commands/data-dvc.ts';
import { wholeNumber } from './arguments.ts';
import { ended, type Shells } from './shells.ts';

/** Data that DVC tracks. */
export const addDvcCommands = (data: Command, { shell, interruptibleShell }: Shells): void => {
  data
    .command('dvc')
    .description('list the data that files of DVC name, and where its bytes are')
    .action(() => ended(listTracked(shell())));

  data
    .command('adopt')
    .description('take the version that a file of DVC names into the store, from the cache of DVC')
    .argument('<path>', 'data in the workspace')
    .action((path: string) => ended(adoptData(interruptibleShell(), path)));

  data
    .command('export-dvc')
    .description('write a version into the cache of DVC, for dvc checkout, push and diff')
    .argument('<data>', 'name of the data set')
    .argument('<version>', 'version, such as 1 or v1', wholeNumber)
    .action((name: string, version: number) => ended(exportToDvc(interruptibleShell(), name, version)));
};
