import { createInterface } from 'node:readline/promises';
import { describeInstallation, installRuntime, type Offer } from '../engines/install/install.ts';
import { NpmFailed, NpmMissing } from '../engines/install/npm.ts';
import { runtimeOf, type RuntimeName } from '../engines/install/runtimes.ts';
import { nvidiaCards } from '../engines/nvidia.ts';
import { cancelled, installationFailed, requestInvalid } from '../faults.ts';
import { bytesText } from '../terminal/figures.ts';
import { table } from '../terminal/table.ts';
import { answer, exit, type ExitCode, type Shell } from './shell.ts';

/** Lists where training can compute, with the engine that does. */
export const listDevices = (shell: Shell): Promise<ExitCode> =>
  shell.withSidecar(async ({ client }) => {
    const devices = await client.listDevices({});
    const memory = (bytes: number | null) => (bytes === null ? '' : bytesText(bytes));
    answer(shell, devices, () =>
      table(
        ['DEVICE', 'ENGINE', 'NAME', 'MEMORY', 'FREE', 'DRIVER'],
        devices.map(({ id, engine, name, memoryBytes, freeBytes, driver }) => [
          id,
          engine,
          name,
          memory(memoryBytes),
          memory(freeBytes),
          driver ?? '',
        ]),
      ),
    );
    return exit.done;
  });

/** Says what an installation would download, asks, and lets npm do it. */
export const installDevices = async (
  shell: Shell,
  name: RuntimeName,
  { yes }: { readonly yes: boolean },
): Promise<ExitCode> => {
  const { screen, interrupted: signal } = shell;
  const runtime = runtimeOf(name, (await nvidiaCards()).length > 0 ? 'with cards' : 'without cards');
  const folder = await explained({ name, signal }, async () => {
    const offer = await describeInstallation(name, runtime, signal);
    screen.note(offerText(offer));
    if (!yes && !(await agrees(shell))) return null;
    return await installRuntime({ name, runtime, signal, tell: (line) => screen.status(line) });
  });
  screen.clearStatus();
  answer(shell, { installed: folder !== null, folder }, () =>
    folder === null ? 'Nothing was installed.' : `Installed in ${folder}. \`trainyard devices\` shows what it brings.`,
  );
  return exit.done;
};

const offerText = ({ packages, from, besides, folder }: Offer): string =>
  [
    `This downloads from ${from}:`,
    ...packages.map(({ name, bytes }) => `  ${name}${bytes === null ? '' : `, ${bytesText(bytes)} unpacked`}`),
    '  and the packages that these need',
    ...(besides === null ? [] : [`Their install scripts fetch besides: ${besides}.`]),
    `All of it goes into ${folder}.`,
  ].join('\n');

const agrees = async ({ screen, interrupted: signal }: Shell): Promise<boolean> => {
  if (!screen.live || !process.stdin.isTTY)
    throw requestInvalid('Nobody is there to be asked.', 'Add --yes to install without being asked.');
  const prompt = createInterface({ input: process.stdin, output: process.stderr });
  try {
    return /^y(es)?$/i.test((await prompt.question('Go on? [y/N] ', { signal })).trim());
  } finally {
    prompt.close();
  }
};

interface Attempt {
  readonly name: RuntimeName;
  readonly signal: AbortSignal;
}

const explained = async <Result>({ name, signal }: Attempt, act: () => Promise<Result>): Promise<Result> => {
  try {
    return await act();
  } catch (error) {
    if (signal.aborted) throw cancelled();
    if (error instanceof NpmMissing || error instanceof NpmFailed) throw installationFailed(name, error.message);
    throw error;
  }
};
