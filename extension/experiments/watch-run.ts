import * as vscode from 'vscode';
import type { RunId } from '../../sidecar/contract/ids.ts';
import type { RunSummary } from '../../sidecar/contract/run.ts';
import type { CommandId } from '../ids.ts';
import type { Log } from '../log.ts';
import { notifyFault, toast } from '../notify.ts';
import type { LiveProject } from '../sidecar/events.ts';
import type { Sidecar } from '../sidecar/process.ts';
import { isActive } from '../sidecar/project.ts';
import { endToast } from './end-toast.ts';
import { fractionOf, sayProgress } from './progress.ts';

export interface WatchNeeds {
  readonly live: LiveProject;
  readonly sidecar: Sidecar;
  readonly log: Log;
  readonly execute: (command: CommandId, argument?: unknown) => void;
  /** Whether the page of a run is in sight, so that no toast is needed. */
  readonly isVisible: (run: RunId) => boolean;
}

/** Shows a run that the user started as a notification that can be cancelled, and how it ended. */
export const watchRun = async (started: RunSummary, needs: WatchNeeds): Promise<void> => {
  const title = `${started.id} ${started.experiment}`;
  const options = { location: vscode.ProgressLocation.Notification, cancellable: true, title };
  const ended = await vscode.window.withProgress(options, (progress, token) => {
    token.onCancellationRequested(() => void cancel(started.id, needs));
    return untilEnded(started.id, needs, progress);
  });
  const said = needs.isVisible(ended.id) ? null : endToast(ended, needs.execute);
  if (said !== null) await toast(said);
};

type Progress = vscode.Progress<{ message?: string; increment?: number }>;

const untilEnded = (id: RunId, { live, log }: WatchNeeds, progress: Progress): Promise<RunSummary> =>
  new Promise((resolve) => {
    let shown = 0;
    const look = () => {
      const run = live.current().runs.find((one) => one.id === id);
      if (run === undefined) return;
      const done = fractionOf(run) * 100;
      progress.report({ message: sayProgress(run), increment: Math.max(0, done - shown) });
      shown = Math.max(shown, done);
      if (isActive(run)) return;
      stop();
      log.info(`${run.id} ended: ${run.status}`);
      resolve(run);
    };
    const stop = live.onChange(look);
    look();
  });

const cancel = async (run: RunId, { sidecar, log }: WatchNeeds): Promise<void> => {
  try {
    await (await sidecar.ready()).cancelRun({ run });
  } catch (error) {
    void notifyFault(error, log);
  }
};
