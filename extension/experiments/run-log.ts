import * as vscode from 'vscode';
import type { SidecarEvent } from '../../sidecar/contract/events.ts';
import type { RunId } from '../../sidecar/contract/ids.ts';
import type { Client } from '../../sidecar/contract/routes.ts';
import type { LogLine } from '../../sidecar/contract/run.ts';
import type { Documents } from '../documents.ts';
import { pace } from '../pace.ts';
import type { Sidecar } from '../sidecar/process.ts';
import { formatLog, worstLine } from './log-text.ts';

/** Logs of runs as read-only documents, which grow while the run goes on. */
export interface RunLogs {
  readonly show: (client: Client, run: RunId) => Promise<void>;
  readonly dispose: () => void;
}

export const createRunLogs = ({ documents, sidecar }: { documents: Documents; sidecar: Sidecar }): RunLogs => {
  const open = new Map<RunId, LogLine[]>();
  const nameOf = (run: RunId) => `${run}.log`;
  const redraw = pace(250, () => {
    for (const [run, lines] of open) {
      if (documents.isOpen(nameOf(run))) documents.update(nameOf(run), formatLog(lines));
      else open.delete(run);
    }
  });
  const stop = sidecar.onEvent((event: SidecarEvent) => {
    if (event.type !== 'lineLogged') return;
    const lines = open.get(event.run);
    if (lines === undefined) return;
    lines.push(event.line);
    redraw.ask();
  });
  return {
    show: async (client, run) => {
      const lines = await client.getLog({ run, last: 10_000 });
      open.set(run, lines);
      const editor = await documents.show(nameOf(run), formatLog(lines));
      const line = worstLine(lines);
      if (line !== null) reveal(editor, line);
    },
    dispose: () => {
      redraw.dispose();
      stop();
    },
  };
};

const reveal = (editor: vscode.TextEditor, line: number): void => {
  const at = new vscode.Position(line, 0);
  editor.selection = new vscode.Selection(at, at);
  editor.revealRange(new vscode.Range(at, at), vscode.TextEditorRevealType.InCenter);
};
