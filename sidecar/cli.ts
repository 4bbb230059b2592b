import { Argument, Command, CommanderError, InvalidArgumentError, Option } from 'commander';
import { restoreData, statusOfData, verifyData, versionData } from './commands/data.ts';
import { checkData } from './commands/data-check.ts';
import {
  followCheckout,
  installIntoGit,
  mergeData,
  mergePointerFiles,
  resolveData,
  revertData,
} from './commands/data-branches.ts';
import {
  collectData,
  collectKept,
  collectRemote,
  forgetData,
  forgetRemote,
  verifyStore,
  type CollectOptions,
} from './commands/data-upkeep.ts';
import { diffData, type DiffOptions } from './commands/data-difference.ts';
import { adoptData, exportToDvc, listTracked } from './commands/data-dvc.ts';
import {
  addRemote,
  chooseRemote,
  fetchData,
  listRemotes,
  pullData,
  pushData,
  removeRemote,
  showRemoteStatus,
  type TransferOptions,
} from './commands/data-remotes.ts';
import { installDevices, listDevices } from './commands/devices.ts';
import { doctor } from './commands/doctor.ts';
import { serve, showDrift } from './commands/endpoints.ts';
import { exportModel, listModels, promoteModel, rollbackModel } from './commands/models.ts';
import { compareRuns, listRuns } from './commands/runs.ts';
import { createShell, exit, type ExitCode, type Shell } from './commands/shell.ts';
import { train, type TrainOptions } from './commands/train.ts';
import type { MergeChoice } from './contract/data-merge.ts';
import { KEPT_DAYS } from './contract/data-upkeep.ts';
import { RunId } from './contract/ids.ts';
import type { RuntimeName } from './engines/install/runtimes.ts';
import { Fault, reportFault } from './faults.ts';
import { createScreen } from './terminal/screen.ts';

/** The second door: the command line. Every verb has `--help` and `--json`, and exits with 0, 1, 2 or 3. */
const screen = createScreen({ stdout: process.stdout, stderr: process.stderr, environment: process.env });
const interruption = new AbortController();

interface GlobalOptions {
  readonly json: boolean;
  readonly workspace: string;
}

const program = new Command('trainyard')
  .description('From training.yaml to a monitored endpoint and back.')
  .option('--json', 'answer with JSON on stdout', false)
  .option('-C, --workspace <folder>', 'workspace folder', process.cwd())
  .exitOverride()
  .showHelpAfterError('(add --help for the options)')
  .addHelpText('after', '\nExit codes: 0 done, 1 fault, 2 wrong usage, 3 held at the gate.');

const shell = (): Shell => {
  const { json, workspace } = program.opts<GlobalOptions>();
  return createShell({ screen, json, workspace, interrupted: interruption.signal });
};

/** For a command that has something to stop first: Ctrl-C tells it so. A second one ends it, as the first ends any other. */
const interruptibleShell = (): Shell => {
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => interruption.abort());
  return shell();
};

const ended = async (code: Promise<ExitCode>): Promise<void> => {
  process.exitCode = await code;
};

const wholeNumber = (text: string): number => {
  const number = Number(text.replace(/^v/, ''));
  if (!Number.isInteger(number) || number < 1)
    throw new InvalidArgumentError('It must be a whole number, such as 3 or v3.');
  return number;
};
const portNumber = (text: string): number => {
  const number = Number(text);
  if (!Number.isInteger(number) || number < 0 || number > 65_535)
    throw new InvalidArgumentError('It must be 0 to 65535.');
  return number;
};
const versionReference = (text: string): { readonly dataset: string; readonly version: number } => {
  const [, dataset, version] = /^(.+)@v?(\d+)$/.exec(text) ?? [];
  if (dataset === undefined || version === undefined) throw new InvalidArgumentError('Write it as images@v3.');
  return { dataset, version: Number(version) };
};
const hours = (text: string): number => {
  const number = Number(text);
  if (text === '' || !(number >= 0)) throw new InvalidArgumentError('It must be a number of hours, such as 24.');
  return number;
};
const days = (text: string): number => {
  const number = Number(text);
  if (text === '' || !(number >= 0)) throw new InvalidArgumentError('It must be a number of days, such as 7.');
  return number;
};
const percent = (text: string): number => {
  const number = Number(text.replace(/%$/, ''));
  if (!(number > 0 && number <= 100)) throw new InvalidArgumentError('It must be above 0 and at most 100.');
  return number;
};
const versionOrDisk = (text: string): number | 'disk' => (text === 'disk' ? 'disk' : wholeNumber(text));
const runId = (text: string): RunId => {
  const id = RunId.safeParse(text);
  if (!id.success) throw new InvalidArgumentError('It must be a run, such as r3.');
  return id.data;
};
const runIds = (text: string, all: readonly RunId[] = []): RunId[] => [...all, runId(text)];
const noDiffOptions: DiffOptions = { key: [], markdown: false };
const collect = (value: string, all: readonly string[]): string[] => [...all, value];

const collectSetting = (text: string, all: readonly (readonly [string, string])[]): (readonly [string, string])[] => {
  const at = text.indexOf('=');
  if (at < 1) throw new InvalidArgumentError('It must be key=value.');
  return [...all, [text.slice(0, at), text.slice(at + 1)]];
};

program
  .command('train')
  .alias('run')
  .description('train as a training.yaml says, through all eight stages')
  .argument('[configuration]', 'path of the training.yaml', 'config/training.yaml')
  .option('--set <key=value>', 'override a setting, for example optimizer.lr=0.01', collect, [])
  .addOption(
    new Option('--until <stage>', 'last stage').choices(['evaluate', 'gate', 'register', 'monitor']).default('monitor'),
  )
  .option('--fresh', 'train again even where an equal run has been done before', false)
  .addOption(
    new Option('--resume <run>', 'go on where the training of that run stopped, by the configuration as it ran')
      .argParser(runId)
      .conflicts(['set', 'fresh']),
  )
  .option('--promote', 'make the new version champion once it has passed its gates', false)
  .action((configuration: string, options: TrainOptions) => ended(train(interruptibleShell(), configuration, options)));

program
  .command('runs')
  .description('list runs')
  .argument('[experiment]', 'only this experiment')
  .option('-n, --limit <count>', 'at most this many', wholeNumber, 20)
  .action((experiment: string | undefined, { limit }: { limit: number }) =>
    ended(listRuns(shell(), experiment, limit)),
  );

program
  .command('compare')
  .description('compare runs: metrics, parameters that differ, data, code, predictions')
  .argument('<runs...>', 'two to eight runs, such as r1 r2; the first is the base', runIds)
  .action((runs: RunId[]) => ended(compareRuns(shell(), runs)));

program
  .command('models')
  .description('list registered models; with a name, its audit trail too')
  .argument('[name]', 'only this model')
  .action((name: string | undefined) => ended(listModels(shell(), name)));

const aliasOptions = (command: Command): Command =>
  command
    .option('--alias <name>', 'alias to move', 'champion')
    .option('--why <reason>', 'reason, kept in the audit trail', '');

aliasOptions(program.command('promote'))
  .description('make a version the champion, or move another alias')
  .argument('<model>', 'name of the model')
  .argument('<version>', 'version, such as 3 or v3', wholeNumber)
  .action((model: string, version: number, options: { alias: string; why: string }) =>
    ended(promoteModel(shell(), model, version, options)),
  );

aliasOptions(program.command('rollback'))
  .description('take the champion, or another alias, back to where it was before')
  .argument('<model>', 'name of the model')
  .action((model: string, options: { alias: string; why: string }) => ended(rollbackModel(shell(), model, options)));

program
  .command('export')
  .description('write the ONNX file of a registered version')
  .argument('<model>', 'name of the model')
  .argument('<version>', 'version, such as 3 or v3', wholeNumber)
  .argument('<file>', 'where to write it')
  .action((model: string, version: number, file: string) => ended(exportModel(shell(), model, version, file)));

program
  .command('serve')
  .description('serve a model on 127.0.0.1; without a name, list the endpoints')
  .argument('[model]', 'name of the model')
  .option('--version-number <version>', 'serve this version instead of the champion', wholeNumber)
  .option('--port <port>', 'TCP port; 0 takes a free one', portNumber)
  .option('--detach', 'leave it running in the background', false)
  .option('--stop', 'stop a running endpoint', false)
  .action(
    (model: string | undefined, options: { versionNumber?: number; port?: number; stop: boolean; detach: boolean }) =>
      ended(serve(interruptibleShell(), model, { ...options, version: options.versionNumber })),
  );

program
  .command('drift')
  .description('show how far live traffic is from the reference')
  .argument('<endpoint>', 'name of the endpoint')
  .action((endpoint: string) => ended(showDrift(shell(), endpoint)));

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

/** `true` for the default one. */
interface InRemote {
  readonly remote?: string | true;
}
const nameOf = (remote: string | true): string | undefined => (remote === true ? undefined : remote);

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
  .option('-r, --remote [name]', 'in a remote instead of here: packs that no version on its lists needs, in two steps')
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
      return ended(forgetRemote(interruptibleShell(), { ...request, ...(name === undefined ? {} : { remote: name }) }));
    },
  );

const transferOptions = (command: Command): Command =>
  command
    .argument('[data]', 'name or path of a data set; without it all of them')
    .option('-r, --remote <name>', 'this remote instead of the default one')
    .option('--version <version>', 'only this version, such as 3 or v3', wholeNumber);

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

program
  .command('devices')
  .description('list where training can compute, or install what another device or engine needs')
  .addArgument(new Argument('[install]', 'put a runtime into a folder of yours').choices(['install']))
  .addArgument(new Argument('[runtime]', 'CUDA for ONNX Runtime, or tensorflow.js').choices(['cuda', 'tfjs']))
  .option('-y, --yes', 'install without being asked', false)
  .action((install: string | undefined, runtime: RuntimeName | undefined, options: { yes: boolean }) => {
    if (install === undefined) return ended(listDevices(shell()));
    if (runtime === undefined) throw new InvalidArgumentError('Say which: cuda or tfjs.');
    return ended(installDevices(interruptibleShell(), runtime, options));
  });

program
  .command('doctor')
  .description('examine the workspace, the store, the runtimes and the devices')
  .option('--stop', 'end the running sidecar', false)
  .action((options: { stop: boolean }) => ended(doctor(shell(), options)));

data
  .command('check')
  .description('judge the conditions of data.checks; exit code 3 when one that blocks is broken')
  .argument('[path]', 'a training.yaml, or data by path or name; without it all that have checks')
  .option('--staged', 'check what a commit would hold instead of the disk; for a pre-commit hook', false)
  .action((path: string | undefined, { staged }: { staged: boolean }) => ended(checkData(shell(), path, { staged })));

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

/** Every command takes the two common options behind its name as well. */
for (const command of [...program.commands, ...data.commands, ...remote.commands]) {
  command.option('--json', 'answer with JSON on stdout').option('-C, --workspace <folder>', 'workspace folder');
  command.exitOverride();
  command.hook('preAction', (_, actual) => {
    const { json, workspace } = actual.opts<Partial<GlobalOptions>>();
    if (json === true) program.setOptionValue('json', true);
    if (workspace !== undefined) program.setOptionValue('workspace', workspace);
  });
}

const explain = (error: unknown): ExitCode => {
  if (error instanceof CommanderError) return error.exitCode === 0 ? exit.done : exit.usage;
  const { json } = program.opts<GlobalOptions>();
  if (!(error instanceof Fault)) {
    screen.note(error instanceof Error ? (error.stack ?? error.message) : String(error));
    return exit.fault;
  }
  if (json) screen.out(JSON.stringify({ fault: reportFault(error) }, null, 2));
  screen.note(screen.red(error.message));
  for (const place of error.places)
    screen.note(`  ${[place.file, place.line, place.column].filter(Boolean).join(':')}`);
  if (error.hint !== undefined) screen.note(error.hint);
  return exit.fault;
};

program.parseAsync().catch((error: unknown) => {
  process.exitCode = explain(error);
});
