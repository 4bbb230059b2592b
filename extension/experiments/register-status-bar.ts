import * as vscode from 'vscode';
import type { RunSummary } from '../../sidecar/contract/run.ts';
import { showNumber } from '../format.ts';
import type { LiveProject } from '../sidecar/events.ts';
import { isActive } from '../sidecar/project.ts';
import { sayProgress } from './progress.ts';

/** One item while a run is going on, hidden otherwise; a click opens its page. */
export const registerStatusBar = (live: LiveProject): vscode.Disposable => {
  const item = vscode.window.createStatusBarItem('trainyard.run', vscode.StatusBarAlignment.Left, 10);
  item.name = 'Trainyard Run';
  const stop = live.onChange(({ runs }) => {
    const active = runs.filter(isActive);
    const run = active.find(({ status }) => status === 'running') ?? active[0];
    if (run === undefined) {
      item.hide();
      return;
    }
    item.text = `$(sync~spin) ${describe(run)}${active.length > 1 ? ` +${active.length - 1}` : ''}`;
    item.tooltip = new vscode.MarkdownString(
      `**${run.id} ${run.experiment}**\n\n${sayProgress(run)}\n\nClick to open its page.`,
    );
    item.accessibilityInformation = { label: `Run ${run.id.slice(1)}, ${sayProgress(run)}`, role: 'button' };
    item.command = { command: 'trainyard.openRun', title: 'Open Run', arguments: [run.id] };
    item.show();
  });
  return vscode.Disposable.from(item, new vscode.Disposable(stop));
};

const describe = ({ id, epoch, epochs, metric }: RunSummary): string => {
  const progress = epoch === null || epochs === null ? '' : ` ${epoch}/${epochs}`;
  return `${id}${progress}${metric === null ? '' : ` · ${showNumber(metric.value)}`}`;
};
