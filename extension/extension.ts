import * as vscode from 'vscode';
import { registerCommands } from './command.ts';
import { comparisonPage } from './comparison/panel.ts';
import { dataCommands } from './data/commands.ts';
import { registerDataBadge } from './data/register-badge.ts';
import { registerCheckMarks } from './data/register-check-marks.ts';
import { registerDecorations } from './data/register-decorations.ts';
import { registerDataLenses } from './data/register-lenses.ts';
import { registerPointerHover } from './data/register-pointer-hover.ts';
import { collectDatasets } from './data/rows.ts';
import { followDataStates } from './data/states.ts';
import { createDataChoices } from './data-difference/choices.ts';
import { dataDifferencePage } from './data-difference/panel.ts';
import { createDocuments } from './documents.ts';
import { driftPage } from './drift/panel.ts';
import { endpointCommands } from './endpoints/commands.ts';
import { collectEndpoints } from './endpoints/rows.ts';
import { createDriftTeller } from './endpoints/tell-drift.ts';
import { experimentCommands } from './experiments/commands.ts';
import { pickRun } from './experiments/pick-run.ts';
import { registerStatusBar } from './experiments/register-status-bar.ts';
import { collectExperiments } from './experiments/rows.ts';
import { createRunLogs } from './experiments/run-log.ts';
import { views, type CommandId } from './ids.ts';
import { registerIntellisense } from './intellisense/register-intellisense.ts';
import { createLog } from './log.ts';
import { toast } from './notify.ts';
import { registerPages } from './page/panel.ts';
import { registryCommands } from './registry/commands.ts';
import { collectModels } from './registry/rows.ts';
import { runPage } from './run/panel.ts';
import { sidecarCommands } from './sidecar/commands.ts';
import { followProject } from './sidecar/events.ts';
import { registerContexts } from './sidecar/register-contexts.ts';
import { createSidecar } from './sidecar/start.ts';
import { registerWaking } from './sidecar/wake.ts';
import { registerTree } from './tree/register-tree.ts';

let letGo: () => Promise<void> = () => Promise.resolve();

/** Makes the parts, joins them, and registers what the editor shows of them. */
export const activate = ({ subscriptions, extensionUri }: vscode.ExtensionContext): void => {
  const folder = vscode.workspace.workspaceFolders?.[0] ?? null;
  const execute = (command: CommandId, argument?: unknown) => void vscode.commands.executeCommand(command, argument);
  const log = createLog();
  const sidecar = createSidecar({ folder, extensionUri, log });
  const live = followProject({ sidecar, log });
  const states = followDataStates({ sidecar, live, log, now: Date.now });
  const documents = createDocuments();
  const marks = registerCheckMarks({ folder, sidecar, log });
  const logs = createRunLogs({ documents, sidecar });
  letGo = sidecar.dispose;

  const host = { extensionUri, log };
  const pick = (without: readonly string[]) =>
    pickRun(
      live.current().runs.filter(({ id }) => !without.includes(id)),
      'Add which run?',
    );
  const runs = registerPages(runPage({ sidecar, execute }), host);
  const comparisons = registerPages(comparisonPage({ sidecar, execute, pickRun: pick }), host);
  const drifts = registerPages(driftPage({ sidecar, execute }), host);
  const choices = createDataChoices(live);
  const differences = registerPages(dataDifferencePage({ folder, sidecar, log, execute, choices }), host);
  const openDrift = (endpoint: string) => drifts.open({ endpoint });
  const isVisible = (run: Parameters<typeof runs.isVisible>[0]['run']) => runs.isVisible({ run });

  const { onChange } = live;
  const experimentRows = () => collectExperiments(live.current(), Date.now());
  const dataNotes = () => ({ states: states.current(), remotes: states.remotes(), tracked: states.tracked() });
  const dataRows = () => collectDatasets(live.current(), dataNotes(), Date.now());
  const modelRows = () => [...collectModels(live.current()), ...dataRows()];
  const onDataChange = (listener: () => void) => both(live.onChange(listener), states.onChange(listener));
  const tree = registerTree({ view: views.runs, many: 'several', rows: experimentRows, onChange });
  const selected = () => tree.selection;
  const openRun = runs.open;

  const experiments = { folder, sidecar, live, log, logs, execute, isVisible, selected };
  const models = registerTree({ view: views.models, many: 'one', rows: modelRows, onChange: onDataChange });
  subscriptions.push(log, live, states, documents, marks, logs, runs, comparisons, drifts, differences, tree, models);
  subscriptions.push(
    registerTree({ view: views.endpoints, many: 'one', rows: () => collectEndpoints(live.current()), onChange }),
    registerCommands(
      experimentCommands({
        ...experiments,
        openRun: (run) => openRun({ run }),
        compare: (ids) => comparisons.open({ runs: ids }),
      }),
      log,
    ),
    registerCommands(registryCommands({ folder, sidecar, live }), log),
    registerCommands(
      dataCommands({ folder, sidecar, live, states, documents, marks, openDifference: differences.open }),
      log,
    ),
    registerDecorations({ folder, live, states }),
    registerDataBadge(models, states),
    registerDataLenses({ folder, live, states }),
    registerPointerHover({ folder, sidecar, live, states, log }),
    registerCommands(endpointCommands({ sidecar, live, openDrift }), log),
    registerCommands(sidecarCommands({ sidecar, documents, extensionUri, log }), log),
    registerIntellisense({ folder, live, sidecar, log }),
    registerStatusBar(live),
    registerContexts({ folder, sidecar, live }),
    registerWaking({ folder, sidecar, log }),
    new vscode.Disposable(
      sidecar.onEvent(createDriftTeller({ now: Date.now, toast: (one) => void toast(one), openDrift })),
    ),
  );
};

const both = (first: () => void, second: () => void) => () => {
  first();
  second();
};

/** Gives up the lease; the sidecar ends by itself when no window and no run needs it. */
export const deactivate = (): Promise<void> => letGo();
