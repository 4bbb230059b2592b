import { stopSidecar } from '../client/find.ts';
import { answer, exit, type ExitCode, type Shell } from './shell.ts';

const marks = { ok: '✓', warning: '!', fault: '✗' } as const;

/** Examines the workspace, the store, the runtimes and the devices. `--stop` ends the running sidecar. */
export const doctor = async (shell: Shell, { stop }: { stop: boolean }): Promise<ExitCode> => {
  if (stop) return stopRunning(shell);
  return shell.withSidecar(async ({ client }) => {
    const findings = await client.examine({});
    answer(shell, findings, () =>
      findings
        .map(
          ({ state, name, text, hint }) =>
            `${marks[state]} ${name.padEnd(12)} ${text}${hint === null ? '' : `\n  ${hint}`}`,
        )
        .join('\n'),
    );
    return findings.some((finding) => finding.state === 'fault') ? exit.fault : exit.done;
  });
};

const stopRunning = async (shell: Shell): Promise<ExitCode> => {
  const stopped = await stopSidecar(shell.workspace);
  answer(shell, { stopped }, () => (stopped ? 'The sidecar has been told to end.' : 'No sidecar runs here.'));
  return exit.done;
};
