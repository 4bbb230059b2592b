import { Option, type Command } from 'commander';
import {
  followCheckout,
  installIntoGit,
  mergeData,
  mergePointerFiles,
  resolveData,
  revertData,
} from '../commands/data-branches.ts';
import type { MergeChoice } from '../contract/data-merge.ts';
import { wholeNumber } from './arguments.ts';
import { ended, type Shells } from './shells.ts';

/** Data that was changed on several branches. */
export const addBranchCommands = (data: Command, { shell, interruptibleShell }: Shells): void => {
  choiceOptions(data.command('merge'))
    .description('merge the data of another branch into the data of this one; exit code 3 where there are conflicts')
    .argument('<branch>', 'branch, tag or commit')
    .action((branch: string, options: ChoiceOptions) =>
      ended(mergeData(interruptibleShell(), branch, { choice: choiceOf(options), force: options.force })),
    );

  choiceOptions(data.command('resolve'))
    .description('resolve the conflicts of a merge; without data, list the merges that wait')
    .argument('[data]', 'name or path of a data set')
    .argument('[files...]', 'files in it that the choice is for; none for all')
    .option('--abort', 'give the merge up', false)
    .action((name: string | undefined, files: string[], options: ChoiceOptions & { abort: boolean }) =>
      ended(resolveData(interruptibleShell(), name, { ...options, choice: choiceOf(options), paths: files })),
    );

  data
    .command('revert')
    .description('take back what a version has changed, and keep what came after it')
    .argument('<data>', 'name or path of a data set')
    .argument('[version]', 'version, such as 2 or v2; without it the one that the pointer names', wholeNumber)
    .option(...forceOption)
    .action((name: string, version: number | undefined, options: { force: boolean }) =>
      ended(revertData(interruptibleShell(), name, version ?? null, options)),
    );

  data
    .command('install-git')
    .description(
      'let Git merge .dvc files by their data in this clone, and check data before commits and after checkouts',
    )
    .option('--restore', 'bring data to its pointers after a checkout, instead of telling', false)
    .action((options: { restore: boolean }) => ended(installIntoGit(shell(), options)));

  data
    .command('merge-driver', { hidden: true })
    .description('merge a .dvc file; Git calls it')
    .arguments('<base> <ours> <theirs> <pointer>')
    .action((base: string, ours: string, theirs: string, pointer: string) =>
      ended(mergePointerFiles(shell(), { base, ours, theirs, pointer })),
    );

  data
    .command('after-checkout', { hidden: true })
    .description('tell where data is not what its pointers name; Git calls it')
    .option('--restore', 'bring it there', false)
    .action((options: { restore: boolean }) => ended(followCheckout(shell(), options)));
};

const forceOption = ['--force', 'replace changed files; what they were is kept', false] as const;
const choiceOptions = (command: Command): Command =>
  command
    .addOption(new Option('--ours', 'keep our files where there are conflicts').conflicts(['theirs', 'both']))
    .addOption(new Option('--theirs', 'take their files').conflicts(['ours', 'both']))
    .addOption(new Option('--both', 'keep both, theirs under a name of its own').conflicts(['ours', 'theirs']))
    .option(...forceOption);

interface ChoiceOptions {
  readonly ours?: boolean;
  readonly theirs?: boolean;
  readonly both?: boolean;
  readonly force: boolean;
}
const choiceOf = ({ ours, theirs, both }: ChoiceOptions): MergeChoice | null =>
  ours === true ? 'ours' : theirs === true ? 'theirs' : both === true ? 'both' : null;
