import { join } from 'node:path';

/** Where things lie inside a workspace's `.trainyard` folder. */
export interface Layout {
  readonly root: string;
  readonly home: string;
  readonly database: string;
  readonly objects: string;
  /** The store of data versions. */
  readonly data: string;
  readonly features: string;
  /** Where interrupted trainings go on from, one folder a training. */
  readonly checkpoints: string;
  /** What is known of unchanged data files, one index a data set. */
  readonly indexes: string;
  /** Files that a restore replaced, one folder a restore. */
  readonly kept: string;
  /** Files of a restore on their way to their place. */
  readonly restoring: string;
  /** What is computed from data, and may be deleted: differences, looks of pictures. */
  readonly derived: string;
  /** Merges of data that wait for their conflicts to be resolved. */
  readonly merges: string;
  readonly logs: string;
  readonly address: string;
  readonly lock: string;
  /** Folder of one run: `log.jsonl`, and `out/` for commands. */
  readonly run: (id: string) => string;
}

export const layoutOf = (root: string): Layout => {
  const home = join(root, '.trainyard');
  return {
    root,
    home,
    database: join(home, 'trainyard.db'),
    objects: join(home, 'objects'),
    data: join(home, 'data'),
    features: join(home, 'features'),
    checkpoints: join(home, 'checkpoints'),
    indexes: join(home, 'indexes'),
    kept: join(home, 'kept'),
    restoring: join(home, 'restoring'),
    derived: join(home, 'derived'),
    merges: join(home, 'merges'),
    logs: join(home, 'logs'),
    address: join(home, 'sidecar.json'),
    lock: join(home, 'lock.db'),
    run: (id) => join(home, 'runs', id),
  };
};
