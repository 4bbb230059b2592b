import { findSidecar } from '../client/find.ts';
import { createApiClient } from '../client/api-client.ts';
import { answer, exit, type ExitCode, type Shell } from './shell.ts';

const marks = { ok: '✓', warning: '!', fault: '✗' } as const;

/** Examines the workspace, the store, the runtimes and the devices. `--stop` ends the running sidecar. */
export const doctor = async (shell: Shell, { stop }: { stop: boolean }): Promise<ExitCode> => {
  if (stop) return stopSidecar(shell);
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

const stopSidecar = async (shell: Shell): Promise<ExitCode> => {
  const found = await findSidecar(shell.workspace);
  if (found !== null) await createApiClient(found.address).shutdown({});
  answer(shell, { stopped: found !== null }, () =>
    found === null ? 'No sidecar runs here.' : 'The sidecar has been told to end.',
  );
  return exit.done;
};
