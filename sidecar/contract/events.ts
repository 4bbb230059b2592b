import { z } from 'zod';
import { DatasetVersion } from './dataset.ts';
import { Endpoint } from './deployment.ts';
import { Instant, RunId } from './ids.ts';
import { AliasMove, ModelEntry } from './model.ts';
import { LogLine, MetricPoint, RunSummary } from './run.ts';

const event = <Type extends string, Shape extends z.ZodRawShape>(type: Type, shape: Shape) =>
  z.object({ seq: z.number().int().positive(), at: Instant, type: z.literal(type), ...shape });

/** Everything that the sidecar announces; `seq` rises by one and orders all of it. */
export const SidecarEvent = z.discriminatedUnion('type', [
  event('runChanged', { run: RunSummary }),
  event('metricsLogged', { run: RunId, points: z.array(MetricPoint) }),
  event('lineLogged', { run: RunId, line: LogLine }),
  event('datasetVersioned', { dataset: DatasetVersion }),
  event('datasetForgotten', { dataset: z.string(), version: z.number().int().positive() }),
  /** A pointer changed on disk, as after `git checkout`; `version` is the one it names, null when that is unknown here. */
  event('pointerMoved', { pointer: z.string(), version: z.number().int().positive().nullable() }),
  /** Files of a data set that somebody watches may have changed on disk; `path` is relative to the workspace. */
  event('dataTouched', { path: z.string() }),
  event('modelRegistered', { model: ModelEntry }),
  event('aliasMoved', { move: AliasMove }),
  event('endpointChanged', { endpoint: Endpoint }),
  event('driftMeasured', { endpoint: z.string(), alarm: z.boolean(), rows: z.number().int(), summary: z.string() }),
  event('driftAlarmRaised', { endpoint: z.string(), features: z.array(z.string()), sentence: z.string() }),
  event('driftAlarmCleared', { endpoint: z.string(), sentence: z.string() }),
]);
export type SidecarEvent = z.infer<typeof SidecarEvent>;

type Bare<E> = E extends unknown ? Omit<E, 'seq' | 'at'> : never;
/** An event before the sidecar stamps it with its number and time. */
export type Announcement = Bare<SidecarEvent>;
