import * as vscode from 'vscode';
import type { RunId } from '../../sidecar/contract/ids.ts';
import type { Comparison } from '../../sidecar/contract/run.ts';
import { ComparisonRestore, ComparisonUp, type ComparisonContent } from '../../webview/contract/comparison.ts';
import { pages, type CommandId } from '../ids.ts';
import { createFeed } from '../page/feed.ts';
import type { PageKind } from '../page/panel.ts';
import type { Sidecar } from '../sidecar/process.ts';
import { comparisonReport } from './report.ts';

export interface ComparisonPageNeeds {
  readonly sidecar: Sidecar;
  readonly execute: (command: CommandId, argument?: unknown) => void;
  /** Asks for one more run. @returns null when nothing was chosen. */
  readonly pickRun: (without: readonly RunId[]) => Promise<RunId | null>;
}

/** Two to eight runs side by side; the first is the base. */
export const comparisonPage = (needs: ComparisonPageNeeds): PageKind<ComparisonUp, { runs: RunId[] }> => ({
  viewType: pages.comparison,
  bundle: 'comparison',
  up: ComparisonUp,
  restore: ComparisonRestore,
  titleOf: ({ runs }) => `Compare ${runs.join(', ')}`,
  keyOf: ({ runs }) => runs.join(','),
  attend: (first, { send, become }) => {
    let runs = first.runs;
    let shown: Comparison | null = null;
    const feed = createFeed<ComparisonContent>({
      sidecar: needs.sidecar,
      load: async (client) => {
        const comparison = await client.compareRuns({ runs });
        shown = comparison;
        return { comparison };
      },
      concerns: (event) =>
        (event.type === 'runChanged' && runs.includes(event.run.id)) ||
        (event.type === 'metricsLogged' && runs.includes(event.run)),
      // Each redraw scores the runs against each other again.
      everyMs: 1_000,
      send,
      now: Date.now,
    });
    const show = (next: RunId[]) => {
      runs = next;
      become({ runs });
      feed.refresh();
    };
    const receive = async (message: ComparisonUp): Promise<void> => {
      if (message.type === 'chooseBase') show([message.run, ...runs.filter((run) => run !== message.run)]);
      if (message.type === 'openRun') needs.execute('trainyard.openRun', message.run);
      if (message.type === 'showSidecarLog') needs.execute('trainyard.showSidecarLog');
      if (message.type === 'copyReport' && shown !== null) await copy(shown);
      if (message.type !== 'addRun') return;
      const added = await needs.pickRun(runs);
      if (added !== null) show([...runs, added].slice(0, 8));
    };
    return { feed, receive: (message) => void receive(message) };
  },
});

const copy = async (comparison: Comparison): Promise<void> => {
  await vscode.env.clipboard.writeText(comparisonReport(comparison));
  vscode.window.setStatusBarMessage('Comparison copied as Markdown', 3_000);
};
