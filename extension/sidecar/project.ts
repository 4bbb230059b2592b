import type { DatasetVersion } from '../../sidecar/contract/dataset.ts';
import type { Endpoint } from '../../sidecar/contract/deployment.ts';
import type { Device } from '../../sidecar/contract/device.ts';
import type { SidecarEvent } from '../../sidecar/contract/events.ts';
import type { RunId } from '../../sidecar/contract/ids.ts';
import type { AliasMove, ModelEntry } from '../../sidecar/contract/model.ts';
import type { MetricPoint, RunSummary } from '../../sidecar/contract/run.ts';

/** How live traffic of an endpoint compares with its reference. */
export interface DriftNote {
  readonly alarm: boolean;
  readonly sentence: string;
  /** Features that drift, where an alarm named them. */
  readonly features: readonly string[];
}

/** Everything the editor shows: one immutable value, replaced by each event. */
export interface Project {
  /** False until it has been read once: what is empty may only be unknown. */
  readonly read: boolean;
  /** Newest first. */
  readonly runs: readonly RunSummary[];
  readonly datasets: readonly DatasetVersion[];
  readonly models: readonly ModelEntry[];
  readonly endpoints: readonly Endpoint[];
  /** Null until the sidecar has told. */
  readonly devices: readonly Device[] | null;
  readonly drift: ReadonlyMap<string, DriftNote>;
  /** Version that each pointer on disk names where that is not the newest one; null for a version unknown here. */
  readonly pointers: ReadonlyMap<string, number | null>;
  /** The last values of each active run's telling metric, oldest first. */
  readonly trails: ReadonlyMap<RunId, readonly number[]>;
}

export const emptyProject: Project = {
  read: false,
  runs: [],
  datasets: [],
  models: [],
  endpoints: [],
  devices: null,
  drift: new Map(),
  pointers: new Map(),
  trails: new Map(),
};

const TRAIL_LENGTH = 24;

type EventOf<Type extends SidecarEvent['type']> = Extract<SidecarEvent, { type: Type }>;

const changes: {
  readonly [Type in SidecarEvent['type']]: (project: Project, event: EventOf<Type>) => Partial<Project>;
} = {
  runChanged: ({ runs }, { run }) => ({ runs: upsertRun(runs, run) }),
  metricsLogged: (project, { run, points }) => ({ trails: lengthen(project, run, points) }),
  lineLogged: () => ({}),
  datasetVersioned: ({ datasets }, { dataset }) => ({ datasets: upsert(datasets, dataset, sameVersion) }),
  datasetForgotten: ({ datasets }, { dataset, version }) => ({
    datasets: datasets.filter((one) => one.name !== dataset || one.version !== version),
  }),
  pointerMoved: ({ pointers }, { pointer, version }) => ({ pointers: new Map([...pointers, [pointer, version]]) }),
  dataTouched: () => ({}),
  modelRegistered: ({ models }, { model }) => ({ models: upsert(models, model, sameVersion) }),
  aliasMoved: ({ models }, { move }) => ({ models: moveAlias(models, move) }),
  endpointChanged: ({ endpoints }, { endpoint }) => ({ endpoints: upsert(endpoints, endpoint, sameName) }),
  driftMeasured: (project, { endpoint, alarm, summary }) =>
    note(project, endpoint, {
      alarm,
      sentence: summary,
      features: alarm ? (project.drift.get(endpoint)?.features ?? []) : [],
    }),
  driftAlarmRaised: (project, { endpoint, features, sentence }) =>
    note(project, endpoint, { alarm: true, sentence, features }),
  driftAlarmCleared: (project, { endpoint, sentence }) =>
    note(project, endpoint, { alarm: false, sentence, features: [] }),
};

/** The project after an event. Applying an event twice changes nothing the second time, trails aside. */
export const applyEvent = (project: Project, event: SidecarEvent): Project => {
  const change = changes[event.type] as (project: Project, event: SidecarEvent) => Partial<Project>;
  const changed = change(project, event);
  return Object.keys(changed).length === 0 ? project : { ...project, ...changed };
};

/** Runs that have not ended. */
export const isActive = ({ status }: Pick<RunSummary, 'status'>): boolean =>
  status === 'queued' || status === 'running';

/** `r12` → 12: runs are numbered in the order of their start. */
export const runNumber = (id: RunId): number => Number(id.slice(1));

const upsertRun = (runs: readonly RunSummary[], run: RunSummary): readonly RunSummary[] =>
  upsert(runs, run, (left, right) => left.id === right.id).toSorted(
    (left, right) => runNumber(right.id) - runNumber(left.id),
  );

const upsert = <Item>(
  items: readonly Item[],
  item: Item,
  same: (left: Item, right: Item) => boolean,
): readonly Item[] =>
  items.some((other) => same(other, item))
    ? items.map((other) => (same(other, item) ? item : other))
    : [item, ...items];

const sameVersion = (left: { name: string; version: number }, right: { name: string; version: number }): boolean =>
  left.name === right.name && left.version === right.version;

const sameName = (left: { name: string }, right: { name: string }): boolean => left.name === right.name;

const lengthen = (project: Project, id: RunId, points: readonly MetricPoint[]): Project['trails'] => {
  const name = project.runs.find((run) => run.id === id)?.metric?.name;
  const values = points.filter((point) => point.name === name).map(({ value }) => value);
  if (values.length === 0) return project.trails;
  const trail = [...(project.trails.get(id) ?? []), ...values].slice(-TRAIL_LENGTH);
  return new Map([...project.trails, [id, trail]]);
};

const moveAlias = (models: readonly ModelEntry[], move: AliasMove): readonly ModelEntry[] =>
  models.map((entry) => {
    if (entry.name !== move.model) return entry;
    const others = entry.aliases.filter((alias) => alias !== move.alias);
    return { ...entry, aliases: entry.version === move.to ? [...others, move.alias] : others };
  });

const note = ({ drift }: Project, endpoint: string, entry: DriftNote): Pick<Project, 'drift'> => ({
  drift: new Map([...drift, [endpoint, entry]]),
});
