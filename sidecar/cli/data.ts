import type { Command } from 'commander';
import { checkData } from '../commands/data-check.ts';
import { diffData, type DiffOptions } from '../commands/data-difference.ts';
import { restoreData, statusOfData, verifyData, versionData } from '../commands/data.ts';
import { collect, versionOrDisk, wholeNumber } from './arguments.ts';
import { addBranchCommands } from './data-branches.ts';
import { addDvcCommands } from './data-dvc.ts';
import { addRemoteCommands } from './data-remotes.ts';
import { addTransferCommands } from './data-transfers.ts';
import { addUpkeepCommands } from './data-upkeep.ts';
import { ended, type Shells } from './shells.ts';

/** Versions of data. */
export const addDataCommands = (program: Command, shells: Shells): void => {
  const { shell, interruptibleShell } = shells;
  program
    .command('version')
    .description('version data; without a path, list the versions')
    .argument('[path]', 'folder or file')
    .action((path: string | undefined) => ended(versionData(shell(), path)));

  program
    .command('diff')
    .description('show what differs between two data versions: files, rows, pictures')
    .argument('<data>', 'name of the data set')
    .argument('<from>', 'version, such as 1 or v1', wholeNumber)
    .argument('[to]', 'version, or disk', versionOrDisk, 'disk')
    .action((data: string, from: number, to: number | 'disk') =>
      ended(diffData(interruptibleShell(), `v${from}..${to === 'disk' ? to : `v${to}`}`, data, noDiffOptions)),
    );

  const data = program.command('data').description('data versions: look, compare, check, push, pull');

  data
    .command('status')
    .description('tell what differs on disk from the version that the pointer names')
    .argument('<data>', 'name or path of the data set')
    .action((name: string) => ended(statusOfData(shell(), name)));

  data
    .command('diff')
    .description('show what differs in data between two commits, versions or the disk')
    .argument(
      '[states]',
      'such as main..feature, v1..v2, HEAD..staged; one alone is compared with the disk',
      'HEAD..disk',
    )
    .argument('[data]', 'name or path of a data set; without it all that differ')
    .option('--key <column>', 'column that names a row; may be given several times', collect, [])
    .option('--target <column>', 'column of labels')
    .option('--markdown', 'answer with Markdown, for a pull request', false)
    .action((states: string, name: string | undefined, options: DiffOptions) =>
      ended(diffData(interruptibleShell(), states, name, options)),
    );

  data
    .command('check')
    .description('judge the conditions of data.checks; exit code 3 when one that blocks is broken')
    .argument('[path]', 'a training.yaml, or data by path or name; without it all that have checks')
    .option('--staged', 'check what a commit would hold instead of the disk; for a pre-commit hook', false)
    .action((path: string | undefined, { staged }: { staged: boolean }) => ended(checkData(shell(), path, { staged })));

  addUpkeepCommands(data, shells);
  addTransferCommands(data, shells);
  addRemoteCommands(data, shells);
  addDvcCommands(data, shells);
  addBranchCommands(data, shells);

  program
    .command('checkout')
    .alias('restore')
    .description('put a data version back on disk')
    .argument('<data>', 'name of the data set')
    .argument('<version>', 'version, such as 1 or v1', wholeNumber)
    .option('--force', 'replace changed files; what they were is kept', false)
    .option('--paths <path...>', 'files and folders of the data set, to bring only these')
    .action((data: string, version: number, options: { force: boolean; paths?: string[] }) =>
      ended(restoreData(shell(), data, version, options)),
    );

  program
    .command('verify')
    .description('read every stored byte of a data version again')
    .argument('<data>', 'name of the data set')
    .argument('<version>', 'version, such as 1 or v1', wholeNumber)
    .action((data: string, version: number) => ended(verifyData(shell(), data, version)));
};

const noDiffOptions: DiffOptions = { key: [], markdown: false };
