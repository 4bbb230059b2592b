import * as vscode from 'vscode';
import type { CommandId } from './ids.ts';
import type { Log } from './log.ts';
import { notifyFault } from './notify.ts';

/** Commands by their name: what they do with the row, id or file that they were called on, and the rows selected beside it. */
export type Commands = Readonly<Partial<Record<CommandId, (argument: unknown, selection: unknown) => Promise<void>>>>;

/** Registers commands; whatever they throw is shown once, here. */
export const registerCommands = (commands: Commands, log: Log): vscode.Disposable =>
  vscode.Disposable.from(
    ...Object.entries(commands).map(([id, act]) =>
      vscode.commands.registerCommand(id, async (argument: unknown, selection: unknown) => {
        try {
          await act(argument, selection);
        } catch (error) {
          void notifyFault(error, log);
        }
      }),
    ),
  );
