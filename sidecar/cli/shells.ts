import type { ExitCode, Shell } from '../commands/shell.ts';

/** What commands are handed, made when one of them is called. */
export interface Shells {
  readonly shell: () => Shell;
  /** For a command that has something to stop first: Ctrl-C tells it so. A second one ends it, as the first ends any other. */
  readonly interruptibleShell: () => Shell;
}

/** Ends the process with the code of a command, once nothing holds it any more. */
export const ended = async (code: Promise<ExitCode>): Promise<void> => {
  process.exitCode = await code;
};
