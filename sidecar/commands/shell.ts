import { resolve } from 'node:path';
import { connect, type Connection } from '../client/connect.ts';
import type { Screen } from '../terminal/screen.ts';
import { entryPath } from '../work/entry.ts';

/** What every command is handed. */
export interface Shell {
  readonly screen: Screen;
  readonly workspace: string;
  readonly json: boolean;
  /** Connects to the workspace's sidecar, starting it when none runs, for as long as `use` takes. */
  readonly withSidecar: <Result>(use: (connection: Connection) => Promise<Result>) => Promise<Result>;
  /** Aborted by Ctrl-C. */
  readonly interrupted: AbortSignal;
}

interface ShellOptions {
  readonly screen: Screen;
  readonly workspace: string;
  readonly json: boolean;
  readonly interrupted: AbortSignal;
}

export const createShell = ({ screen, workspace, json, interrupted }: ShellOptions): Shell => {
  const root = resolve(workspace);
  return {
    screen,
    workspace: root,
    json,
    interrupted,
    withSidecar: async (use) => {
      const connection = await connect({
        workspace: root,
        clientName: `cli-${process.pid}`,
        entry: entryPath('main'),
        start: 'if-needed',
      });
      try {
        return await use(connection);
      } finally {
        await connection.dispose();
      }
    },
  };
};

/** One document on stdout: JSON when asked for, else the text for people. */
export const answer = (shell: Shell, value: unknown, text: () => string): void =>
  shell.screen.out(shell.json ? JSON.stringify(value, null, 2) : text());

/** Exit codes of every command. */
export const exit = { done: 0, fault: 1, usage: 2, held: 3 } as const;
export type ExitCode = (typeof exit)[keyof typeof exit];
