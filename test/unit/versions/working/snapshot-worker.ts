import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { openDataStore } from '../../../../sidecar/versions/data-store.ts';
import { snapshot } from '../../../../sidecar/versions/working/snapshot.ts';

/** A process that changes a data set and versions it, for ever; it is there to be killed. */
const root = process.argv[2] ?? '';
const store = openDataStore(join(root, '.trainyard/data'));
const place = { root, path: 'data', indexes: join(root, '.trainyard/indexes'), threadProgram: null };
const context = {
  signal: new AbortController().signal,
  progress: () => undefined,
  metrics: () => undefined,
  log: () => undefined,
};
for (let turn = 0; ; turn++) {
  for (let at = 0; at < 20; at++) writeFileSync(join(root, `data/${at}.bin`), `${Math.random()} ${turn}`.repeat(300));
  const { version } = await snapshot({ ...place, store }, context);
  process.stdout.write(`${version}\n`);
}
