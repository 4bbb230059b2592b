import type { SidecarEvent } from '../../sidecar/contract/events.ts';
import type { Client } from '../../sidecar/contract/routes.ts';
import { pace } from '../pace.ts';
import { createSignal } from '../signal.ts';
import { sayFault } from './fault.ts';
import type { Sidecar } from './process.ts';
import { applyEvent, emptyProject, type DriftNote, type Project } from './project.ts';

/** Views redraw at most four times a second. */
const REDRAW_MS = 250;

/** The project as it is now, kept so by events; nothing is ever polled. */
export interface LiveProject {
  readonly current: () => Project;
  /** @returns stops the listener. */
  readonly onChange: (listener: (project: Project) => void) => () => void;
  readonly dispose: () => void;
}

export interface LiveProjectNeeds {
  readonly sidecar: Pick<Sidecar, 'client' | 'onState' | 'onEvent'>;
  readonly log: { readonly warn: (text: string) => void };
}

/** Reads the whole project when the sidecar becomes ready, and applies each event from then on. */
export const followProject = ({ sidecar, log }: LiveProjectNeeds): LiveProject => {
  const changes = createSignal<Project>();
  let project = emptyProject;
  /** Events that arrive while the project is being read; null when it is not. */
  let waiting: SidecarEvent[] | null = null;
  const redraw = pace(REDRAW_MS, () => changes.send(project));

  const replace = (next: Project) => {
    if (next === project) return;
    project = next;
    redraw.ask();
  };
  const load = async (client: Client) => {
    const late: SidecarEvent[] = [];
    waiting = late;
    try {
      const lists = await readLists(client);
      if (waiting !== late) return;
      waiting = null;
      replace(late.reduce(applyEvent, { ...project, ...lists, read: true }));
      // Devices are probed and windows are summed up, which takes longer; nobody should wait for that.
      await Promise.all([addDevices(client), addDrift(client)]);
    } catch (error) {
      if (waiting === late) waiting = null;
      log.warn(`The project could not be read: ${sayFault(error)}`);
    }
  };
  const addDevices = async (client: Client) => {
    const devices = await client.listDevices({});
    replace({ ...project, devices });
  };
  const addDrift = async (client: Client) => {
    const before = project.drift;
    const notes = await Promise.all(project.endpoints.map(({ name }) => readDrift(client, name)));
    // What events have told meanwhile is newer than what was asked for.
    const told = [...project.drift].filter(([name, note]) => before.get(name) !== note);
    replace({ ...project, drift: new Map([...notes.filter((note) => note !== null), ...told]) });
  };
  const stops = [
    sidecar.onEvent((event) => {
      if (waiting === null) replace(applyEvent(project, event));
      else waiting.push(event);
    }),
    sidecar.onState((state) => {
      const client = sidecar.client();
      if (state === 'ready' && client !== null) void load(client);
      // A view that shows an old project says so; it must be drawn again.
      else redraw.ask();
    }),
  ];
  return {
    current: () => project,
    onChange: changes.listen,
    dispose: () => {
      redraw.dispose();
      for (const stop of stops) stop();
    },
  };
};

const readLists = async (client: Client): Promise<Pick<Project, 'runs' | 'datasets' | 'models' | 'endpoints'>> => {
  const [runs, datasets, models, endpoints] = await Promise.all([
    client.listRuns({ limit: 1000 }),
    client.listDatasets({}),
    client.listModels({}),
    client.listEndpoints({}),
  ]);
  return { runs, datasets, models, endpoints };
};

const readDrift = async (client: Client, endpoint: string): Promise<readonly [string, DriftNote] | null> => {
  const report = await client.getDrift({ endpoint }).catch((error: unknown) => {
    // An endpoint without a closed window has nothing to report yet.
    if (error instanceof Error) return null;
    throw error;
  });
  if (report === null) return null;
  const features = report.features.filter(({ verdict }) => verdict === 'drifting').map(({ feature }) => feature);
  return [endpoint, { alarm: report.alarm, sentence: report.summary, features }];
};
