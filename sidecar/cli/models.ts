import type { Command } from 'commander';
import { serve, showDrift } from '../commands/endpoints.ts';
import { exportModel, listModels, promoteModel, rollbackModel } from '../commands/models.ts';
import { portNumber, wholeNumber } from './arguments.ts';
import { ended, type Shells } from './shells.ts';

/** Registered models, and what serves them. */
export const addModelCommands = (program: Command, { shell, interruptibleShell }: Shells): void => {
  program
    .command('models')
    .description('list registered models; with a name, its audit trail too')
    .argument('[name]', 'only this model')
    .action((name: string | undefined) => ended(listModels(shell(), name)));

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
};

const aliasOptions = (command: Command): Command =>
  command
    .option('--alias <name>', 'alias to move', 'champion')
    .option('--why <reason>', 'reason, kept in the audit trail', '');
