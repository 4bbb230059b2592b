import { Option, type Command } from 'commander';
import { compareRuns, listRuns } from '../commands/runs.ts';
import { train, type TrainOptions } from '../commands/train.ts';
import type { RunId } from '../contract/ids.ts';
import { collect, runId, runIds, wholeNumber } from './arguments.ts';
import { ended, type Shells } from './shells.ts';

/** Trains, and looks at what was trained. */
export const addRunCommands = (program: Command, { shell, interruptibleShell }: Shells): void => {
  program
    .command('train')
    .alias('run')
    .description('train as a training.yaml says, through all eight stages')
    .argument('[configuration]', 'path of the training.yaml', 'config/training.yaml')
    .option('--set <key=value>', 'override a setting, for example optimizer.lr=0.01', collect, [])
    .addOption(
      new Option('--until <stage>', 'last stage')
        .choices(['evaluate', 'gate', 'register', 'monitor'])
        .default('monitor'),
    )
    .option('--fresh', 'train again even where an equal run has been done before', false)
    .addOption(
      new Option('--resume <run>', 'go on where the training of that run stopped, by the configuration as it ran')
        .argParser(runId)
        .conflicts(['set', 'fresh']),
    )
    .option('--promote', 'make the new version champion once it has passed its gates', false)
    .action((configuration: string, options: TrainOptions) =>
      ended(train(interruptibleShell(), configuration, options)),
    );

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
};
