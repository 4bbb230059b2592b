import { Option, type Command } from 'commander';
import {
  collectData,
  collectKept,
  collectRemote,
  forgetData,
  forgetRemote,
  verifyStore,
  type CollectOptions,
} from '../commands/data-upkeep.ts';
import { KEPT_DAYS } from '../contract/data-upkeep.ts';
import { days, hours, percent, versionReference } from './arguments.ts';
import { ended, type Shells } from './shells.ts';

/** What is stored here and in remotes, and what of it may go. */
export const addUpkeepCommands = (data: Command, { shell, interruptibleShell }: Shells): void => {
  data
    .command('gc')
    .description(
      `remove stored bytes that no version needs: none that is listed, and none that a pointer in Git names; and what restores have replaced more than ${KEPT_DAYS} days ago`,
    )
    .option('--dry-run', 'say what would go, and why', false)
    .option('--grace <hours>', 'take nothing younger', hours, 24)
    .addOption(
      new Option(
        '--kept [days]',
        'only what restores have replaced and kept in .trainyard/kept: what is older than so many days, or all of it at once',
      )
        .argParser(days)
        .conflicts('remote'),
    )
    .option(
      '-r, --remote [name]',
      'in a remote instead of here: packs that no version on its lists needs, in two steps',
    )
    .action(({ remote, kept, ...options }: CollectOptions & InRemote & { readonly kept?: number | true }) => {
      const { dryRun } = options;
      if (kept !== undefined)
        return ended(collectKept(interruptibleShell(), { dryRun, days: kept === true ? null : kept }));
      return ended(
        remote === undefined
          ? collectData(interruptibleShell(), options)
          : collectRemote(interruptibleShell(), options, nameOf(remote)),
      );
    });

  data
    .command('verify')
    .description('compare all stored bytes with their names, and say which files are harmed')
    .option('--quick', 'look at sizes and ends of packs only', false)
    .option('--sample <percent>', 'read so much of the pieces', percent)
    .option('--repair', 'bring back what is damaged from the files on disk and the remote', false)
    .action(({ quick, sample, repair }: { quick: boolean; sample?: number; repair: boolean }) => {
      const depth = quick ? 'quick' : sample === undefined ? 'full' : { share: sample / 100 };
      return ended(verifyStore(interruptibleShell(), { depth, repair }));
    });

  data
    .command('forget')
    .description('let go of a version that no run and no model was made of')
    .argument('<version>', 'such as images@v3', versionReference)
    .option('--dry-run', 'say whether it can be, and what then still names it', false)
    .option('-r, --remote [name]', 'take it off the list of a remote; here it stays')
    .action(
      (version: ReturnType<typeof versionReference>, { remote, dryRun }: InRemote & { readonly dryRun: boolean }) => {
        const request = { ...version, dryRun };
        if (remote === undefined) return ended(forgetData(shell(), request));
        const name = nameOf(remote);
        return ended(
          forgetRemote(interruptibleShell(), { ...request, ...(name === undefined ? {} : { remote: name }) }),
        );
      },
    );
};

/** `true` for the default one. */
interface InRemote {
  readonly remote?: string | true;
}
const nameOf = (remote: string | true): string | undefined => (remote === true ? undefined : remote);
