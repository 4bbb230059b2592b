import type { RunId } from '../../sidecar/contract/ids.ts';
import type { Client } from '../../sidecar/contract/routes.ts';
import { RunRestore, RunUp, type RunContent } from '../../webview/contract/run.ts';
import { pages, type CommandId } from '../ids.ts';
import { createFeed } from '../page/feed.ts';
import type { PageKind } from '../page/panel.ts';
import type { Sidecar } from '../sidecar/process.ts';
import { runNumber } from '../sidecar/project.ts';

export interface RunPageNeeds {
  readonly sidecar: Sidecar;
  readonly execute: (command: CommandId, argument?: unknown) => void;
}

const commands = {
  stop: 'trainyard.cancelRun',
  resume: 'trainyard.resumeRun',
  compare: 'trainyard.compareRuns',
  openConfiguration: 'trainyard.openConfiguration',
  showLog: 'trainyard.showLog',
} as const;

/** The page of a run, live while it runs. */
export const runPage = ({ sidecar, execute }: RunPageNeeds): PageKind<RunUp, { run: RunId }> => ({
  viewType: pages.run,
  bundle: 'run',
  up: RunUp,
  restore: RunRestore,
  titleOf: ({ run }) => `Run ${run}`,
  keyOf: ({ run }) => run,
  attend: ({ run }, { send }) => ({
    feed: createFeed<RunContent>({
      sidecar,
      load: (client) => loadRun(client, run),
      concerns: (event) =>
        (event.type === 'runChanged' && event.run.id === run) || (event.type === 'metricsLogged' && event.run === run),
      everyMs: 250,
      send,
      now: Date.now,
    }),
    receive: (message) => {
      if (message.type === 'showSidecarLog') execute('trainyard.showSidecarLog');
      else if (message.type !== 'ready' && message.type !== 'retry') execute(commands[message.type], run);
    },
  }),
});

/** What the page shows; curves thinned to what a screen can draw, no spike lost. */
const loadRun = async (client: Client, id: RunId): Promise<RunContent> => {
  const [run, curves] = await Promise.all([client.getRun({ run: id }), client.getCurves({ runs: [id], pixels: 800 })]);
  const siblings = await client.listRuns({ experiment: run.experiment, limit: 1000 });
  const earlier = siblings.filter((other) => runNumber(other.id) < runNumber(id));
  const previous = earlier.toSorted((left, right) => runNumber(right.id) - runNumber(left.id))[0]?.id ?? null;
  return { run, curves, previous };
};
