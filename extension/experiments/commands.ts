import * as vscode from 'vscode';
import type { RunId } from '../../sidecar/contract/ids.ts';
import type { RunSummary } from '../../sidecar/contract/run.ts';
import type { Commands } from '../command.ts';
import { pathIn } from '../folder.ts';
import { otherFolders } from '../ids.ts';
import type { LiveProject } from '../sidecar/events.ts';
import type { Sidecar } from '../sidecar/process.ts';
import { isActive } from '../sidecar/project.ts';
import { runOf } from '../tree/row.ts';
import { chooseConfiguration } from './configuration.ts';
import { pickRun, pickRuns } from './pick-run.ts';
import type { RunLogs } from './run-log.ts';
import { experimentName, guessData, starterFile } from './starter.ts';
import { watchRun, type WatchNeeds } from './watch-run.ts';

export interface ExperimentNeeds extends WatchNeeds {
  readonly folder: vscode.WorkspaceFolder | null;
  readonly sidecar: Sidecar;
  readonly live: LiveProject;
  readonly logs: RunLogs;
  readonly openRun: (run: RunId) => void;
  readonly compare: (runs: RunId[]) => void;
  /** The rows that are selected in the tree of runs. */
  readonly selected: () => readonly unknown[];
}

export const experimentCommands = (needs: ExperimentNeeds): Commands => ({
  'trainyard.train': (argument) => train(needs, argument),
  'trainyard.createTrainingFile': () => createTrainingFile(needs),
  'trainyard.cancelRun': async (argument) => {
    const active = needs.live.current().runs.filter(isActive);
    const run =
      runOf(argument) ?? (active.length === 1 ? active[0]?.id : await pickRun(active, 'Which run should stop?'));
    if (run != null) await (await needs.sidecar.ready()).cancelRun({ run });
  },
  'trainyard.resumeRun': async (argument) => {
    const run =
      runOf(argument) ?? (await pickRun(needs.live.current().runs.filter(isResumable), 'Which run should go on?'));
    if (run !== null) void watchRun(await (await needs.sidecar.ready()).resumeRun({ run }), needs);
  },
  'trainyard.openRun': async (argument) => {
    const run = await chosenRun(needs, argument, 'Which run?');
    if (run !== null) needs.openRun(run);
  },
  'trainyard.showLog': async (argument) => {
    const run = await chosenRun(needs, argument, 'The log of which run?');
    if (run !== null) await needs.logs.show(await needs.sidecar.ready(), run);
  },
  'trainyard.openConfiguration': async (argument) => {
    const id = await chosenRun(needs, argument, 'The configuration of which run?');
    const run = needs.live.current().runs.find((one) => one.id === id);
    if (run === undefined || needs.folder === null) return;
    await vscode.window.showTextDocument(vscode.Uri.joinPath(needs.folder.uri, run.configuration));
  },
  'trainyard.compareRuns': (argument, selection) => compareRuns(needs, argument, selection),
});

const isResumable = ({ status }: RunSummary): boolean =>
  status === 'interrupted' || status === 'cancelled' || status === 'failed';

const chosenRun = async ({ live }: ExperimentNeeds, argument: unknown, question: string): Promise<RunId | null> =>
  runOf(argument) ?? pickRun(live.current().runs, question);

const folderOf = ({ folder }: ExperimentNeeds): vscode.WorkspaceFolder => {
  if (folder === null) throw new Error('Trainyard works in a folder. Open one first.');
  return folder;
};

const train = async (needs: ExperimentNeeds, argument: unknown): Promise<void> => {
  if (!vscode.workspace.isTrusted) throw new Error('Nothing is started in Restricted Mode. Trust this folder first.');
  const configuration = await chooseConfiguration(folderOf(needs), argument);
  if (configuration === null) return;
  const client = await needs.sidecar.ready();
  const run = await client.startRun({ configuration });
  void watchRun(run, needs);
};

const createTrainingFile = async (needs: ExperimentNeeds): Promise<void> => {
  const folder = folderOf(needs);
  const uri = vscode.Uri.joinPath(folder.uri, 'config', 'training.yaml');
  const text = starterFile(experimentName(folder.name), guessData(await dataFiles(folder)));
  const edit = new vscode.WorkspaceEdit();
  // An existing file is never replaced; it is opened.
  edit.createFile(uri, { ignoreIfExists: true, contents: Buffer.from(text) });
  await vscode.workspace.applyEdit(edit);
  await vscode.window.showTextDocument(uri);
};

const dataFiles = async (folder: vscode.WorkspaceFolder): Promise<readonly string[]> => {
  const pattern = new vscode.RelativePattern(folder, '**/*.{csv,jsonl,parquet,png,jpg,jpeg}');
  const found = await vscode.workspace.findFiles(pattern, otherFolders, 500);
  return found.map((uri) => pathIn(folder, uri)).filter((path) => path !== null);
};

/** From the tree: the selected rows. From a page or a lens: ids. With one run alone: it and the one before. */
const compareRuns = async (needs: ExperimentNeeds, argument: unknown, selection: unknown): Promise<void> => {
  const listed = [selection, argument, needs.selected()].find((some) => Array.isArray(some) && some.length > 1);
  const runs = Array.isArray(listed) ? listed.map(runOf).filter((run) => run !== null) : await pairFor(needs, argument);
  const distinct = [...new Set(runs)].slice(0, 8);
  if (distinct.length >= 2) needs.compare(distinct);
  else if (runs.length > 0) throw new Error('A comparison needs at least two runs.');
};

const pairFor = async ({ live }: ExperimentNeeds, argument: unknown): Promise<readonly RunId[]> => {
  const { runs } = live.current();
  const one = runOf(argument);
  if (one === null) return pickRuns(runs);
  const experiment = runs.find(({ id }) => id === one)?.experiment;
  const others = runs.filter((run) => run.id !== one && run.experiment === experiment);
  const before = others.find(({ createdAt }) => createdAt < (runs.find(({ id }) => id === one)?.createdAt ?? 0));
  const base = before?.id ?? (await pickRun(others, `Compare ${one} with which run?`));
  return base === null ? [] : [base, one];
};
