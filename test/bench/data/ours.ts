import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { openDataStore } from '../../../sidecar/versions/data-store.ts';
import { pointedData } from '../../../sidecar/versions/dvc/pointed-data.ts';
import { writePointer } from '../../../sidecar/versions/dvc/write-pointer.ts';
import { readPointerOf } from '../../../sidecar/versions/dvc/pointer.ts';
import { restore } from '../../../sidecar/versions/working/restore.ts';
import { snapshot } from '../../../sidecar/versions/working/snapshot.ts';
import { lookStatus } from '../../../sidecar/versions/working/status.ts';

/**
 * Our half of the benchmark, a process of its own as the sidecar starts one: `snapshot`, `status` or `restore` of
 * `data` in a workspace. What it took without the start of Node goes to `inside.json`.
 */
const [command = '', root = '', path = 'data', readerProgram = ''] = process.argv.slice(2);
const context = {
  signal: new AbortController().signal,
  progress: () => undefined,
  metrics: () => undefined,
  log: () => undefined,
};
const home = join(root, '.trainyard');
const store = openDataStore(join(home, 'data'));
const place = {
  root,
  path,
  indexes: join(home, 'indexes'),
  readerProgram: readerProgram === '' ? null : readerProgram,
  store,
};

const pointed = () => {
  const version = readPointerOf(root, path)?.version;
  if (version === undefined || version === null) throw new Error(`${path} has no pointer of ours.`);
  return version;
};
const commands: Readonly<Record<string, () => Promise<unknown>>> = {
  snapshot: async () => {
    const { version } = await snapshot(place, context);
    const savedMs = performance.now() - started;
    writePointer(root, path, pointedData(store, version));
    return { savedMs };
  },
  status: async () => {
    const { difference } = await lookStatus({ ...place, version: pointed() }, context);
    return { differs: difference.added + difference.removed + difference.changed };
  },
  restore: async () => {
    const folders = { kept: join(home, 'kept'), restoring: join(home, 'restoring') };
    return restore({ ...place, ...folders, version: pointed(), force: true, paths: null }, context);
  },
};

const before = process.cpuUsage();
const started = performance.now();
const told = await commands[command]?.();
const wall = (performance.now() - started) / 1000;
const { user, system } = process.cpuUsage(before);
writeFileSync(join(root, 'inside.json'), JSON.stringify({ wall, cpu: (user + system) / 1e6, told }));
