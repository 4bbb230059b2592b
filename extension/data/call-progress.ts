import * as vscode from 'vscode';
import type { CallOptions } from '../../sidecar/contract/call.ts';
import { createMeter } from './meter.ts';

/** Shows what the sidecar does for a person who waits: how far it is, how long still, and Cancel. */
export const withCallProgress = <Result>(
  title: string,
  work: (call: CallOptions) => Promise<Result>,
): Thenable<Result> =>
  vscode.window.withProgress(
    { location: vscode.ProgressLocation.Notification, cancellable: true, title },
    (notification, token) => {
      const ending = new AbortController();
      token.onCancellationRequested(() => ending.abort());
      const read = createMeter(Date.now);
      return work({ signal: ending.signal, onProgress: (progress) => notification.report(read(progress)) });
    },
  );
