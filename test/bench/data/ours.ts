import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Hash } from '../../../sidecar/contract/ids.ts';
import type { JobContext } from '../../../sidecar/pipeline/job.ts';
import { openDataStore } from '../../../sidecar/versions/data-store.ts';

/**
 * Our half of the benchmark, a process of its own as the sidecar starts one: `snapshot`, `status` or `restore` of
 * `data` in a workspace. As there, what a command does not need is not loaded, and which version is meant is told to
 * it. What it took without the start of Node goes to `inside.json`.
 */
const [command = '', root = '', path = 'data', threadProgram = ''] = process.argv.slice(2);
/** What it took from the start of Node until the version was saved; the MD5 of large files comes after that. */
let saved: { readonly wall: number; readonly cpu: number } | null = null;
const context: JobContext = {
  signal: new AbortController().signal,
  progress: (_fraction, note) => {
    if (/for DVC/.test(note)) saved ??= spentInAll();
  },
  metrics: () => undefined,
  log: () => undefined,
};
const home = join(root, '.trainyard');
const store = openDataStore(join(home, 'data'));
const place = {
  root,
  path,
  indexes: join(home, 'indexes'),
  threadProgram: threadProgram === '' ? null : threadProgram,
  store,
};

const versionFile = join(home, 'version');
const version = () => readFileSync(versionFile, 'utf8') as Hash;
const commands: Readonly<Record<string, () => Promise<unknown>>> = {
  snapshot: async () => {
    const { snapshot } = await import('../../../sidecar/versions/working/snapshot.ts');
    const taken = await snapshot(place, context);
    saved ??= spentInAll();
    // As the sidecar does, which has them loaded.
    const [{ writePointer }, { pointedData }] = await Promise.all([
      import('../../../sidecar/versions/dvc/write-pointer.ts'),
      import('../../../sidecar/versions/dvc/pointed-data.ts'),
    ]);
    writePointer(root, path, pointedData(store, taken.version));
    writeFileSync(versionFile, taken.version);
    return saved;
  },
  status: async () => {
    const { lookStatus } = await import('../../../sidecar/versions/working/status.ts');
    const { difference } = await lookStatus({ ...place, version: version() }, context);
    return { differs: difference.added + difference.removed + difference.changed };
  },
  restore: async () => {
    const { restore } = await import('../../../sidecar/versions/working/restore.ts');
    const folders = { kept: join(home, 'kept'), restoring: join(home, 'restoring') };
    return restore({ ...place, ...folders, version: version(), force: true, keep: 'unstored', paths: null }, context);
  },
};

const before = process.cpuUsage();
const started = performance.now();
const spentSince = (milliseconds: number, usage?: NodeJS.CpuUsage) => {
  const { user, system } = process.cpuUsage(usage);
  return { wall: (performance.now() - milliseconds) / 1000, cpu: (user + system) / 1e6 };
};
const spentInAll = () => spentSince(0);
const spent = () => spentSince(started, before);
void commands[command]?.().then((told) => {
  writeFileSync(join(root, 'inside.json'), JSON.stringify({ ...spent(), told }));
});
