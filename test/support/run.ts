import { RunId } from '../../sidecar/contract/ids.ts';
import type { Run } from '../../sidecar/contract/run.ts';
import { Training } from '../../sidecar/contract/training.ts';
import { newRun } from '../../sidecar/runs/new-run.ts';

/** A run that has done nothing yet, with what a test needs changed. */
export const runOf = (number: number, changes: Partial<Run> = {}): Run => ({
  ...newRun(
    RunId.parse(`r${number}`),
    {
      configuration: 'config/training.yaml',
      experiment: 'digits',
      training: Training.parse({ model: { name: 'cnn' }, data: { dataset: 'data/raw/images' } }),
      overrides: {},
      until: 'monitor',
      fresh: false,
      promote: false,
      resume: false,
    },
    { node: 'v24' },
    1_000 + number,
  ),
  ...changes,
});
