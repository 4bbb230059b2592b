import { isActive, type Project } from './project.ts';

/** The `when` keys that follow from the project: the palette lists no command that cannot work. */
export const contextsOf = ({ runs, models, datasets, endpoints }: Project): Readonly<Record<string, boolean>> => ({
  'trainyard.hasRuns': runs.length > 0,
  'trainyard.canCompare': runs.length > 1,
  'trainyard.running': runs.some(isActive),
  'trainyard.hasModels': models.length > 0,
  'trainyard.hasDatasets': datasets.length > 0,
  'trainyard.hasEndpoints': endpoints.length > 0,
  'trainyard.serving': endpoints.some(({ state }) => state === 'serving'),
});

/** Data sets and their pointers, relative to the workspace: where the explorer offers what concerns data. */
export const dataPathsOf = ({ datasets }: Project): readonly string[] => [
  ...new Set(datasets.flatMap(({ path, pointer }) => [path, pointer])),
];
