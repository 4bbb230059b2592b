import type { RunSummary } from '../../sidecar/contract/run.ts';
import type { KnownRun, ProjectState } from '../../sidecar/language/project.ts';
import { isActive, type Project } from '../sidecar/project.ts';

/** The project as the language features know it, for one file; nothing is known before the sidecar has told. */
export const toProjectState = (
  project: Project,
  configuration: string | null,
  modelFiles: readonly string[] | null,
): ProjectState => ({
  datasets: project.read ? project.datasets : null,
  devices: project.devices,
  modelFiles,
  metrics: [...new Set(project.models.flatMap(({ measures }) => measures.map(({ name }) => name)))],
  runs: project.runs.filter((run) => run.configuration === configuration).map(toKnownRun),
});

const toKnownRun = (run: RunSummary): KnownRun => ({
  id: run.id,
  active: isActive(run),
  epoch: run.epoch,
  epochs: run.epochs,
  metric: run.metric,
});
