import { Command, CommanderError } from 'commander';
import { addDataCommands } from './cli/data.ts';
import { addDeviceCommands } from './cli/devices.ts';
import { addModelCommands } from './cli/models.ts';
import { addRunCommands } from './cli/runs.ts';
import { createShell, exit, type ExitCode, type Shell } from './commands/shell.ts';
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

const shells = { shell, interruptibleShell };
addRunCommands(program, shells);
addModelCommands(program, shells);
addDataCommands(program, shells);
addDeviceCommands(program, shells);

/** All commands in a command, at any depth. */
const commandsBelow = (command: Command): Command[] => command.commands.flatMap((one) => [one, ...commandsBelow(one)]);

/** Every command takes the two common options behind its name as well. */
for (const command of commandsBelow(program)) {
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
