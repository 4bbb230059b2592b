import { Argument, InvalidArgumentError, type Command } from 'commander';
import { installDevices, listDevices } from '../commands/devices.ts';
import { doctor } from '../commands/doctor.ts';
import type { RuntimeName } from '../engines/install/runtimes.ts';
import { ended, type Shells } from './shells.ts';

/** What training computes with, and whether all is well. */
export const addDeviceCommands = (program: Command, { shell, interruptibleShell }: Shells): void => {
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
};
