import { setTimeout as wait } from 'node:timers/promises';
import * as vscode from 'vscode';
import { connect } from '../../sidecar/client/connect.ts';
import type { Log } from '../log.ts';
import { superviseSidecar, type Sidecar } from './process.ts';

export interface StartNeeds {
  readonly folder: vscode.WorkspaceFolder | null;
  readonly extensionUri: vscode.Uri;
  readonly log: Log;
}

/** The sidecar of the first folder of the workspace. Nothing starts before it is asked for, nor without trust. */
export const createSidecar = ({ folder, extensionUri, log }: StartNeeds): Sidecar =>
  superviseSidecar({
    connect: () => {
      if (folder === null) return Promise.reject(new Error('Trainyard works in a folder. Open one first.'));
      const nodePath = vscode.workspace.getConfiguration('trainyard').get<string>('nodePath', '');
      return connect({
        workspace: folder.uri.fsPath,
        clientName: `vscode-${process.pid}`,
        entry: vscode.Uri.joinPath(extensionUri, 'dist', 'sidecar.cjs').fsPath,
        ...(nodePath === '' ? {} : { execPath: nodePath }),
        start: 'if-needed',
        onLog: log.relay,
      });
    },
    mayStart: () => vscode.workspace.isTrusted,
    wait: (ms) => wait(ms),
    now: Date.now,
    log,
  });
