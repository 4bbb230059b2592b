import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { createObjects } from '../../../sidecar/versions/objects.ts';
import { snapshot } from '../../../sidecar/versions/snapshot.ts';

/** A process that changes a data set and versions it, for ever; it is there to be killed. */
const root = process.argv[2] ?? '';
const objects = createObjects(join(root, '.trainyard/objects'));
const context = {
  signal: new AbortController().signal,
  progress: () => undefined,
  metrics: () => undefined,
  log: () => undefined,
};
for (let turn = 0; ; turn++) {
  for (let at = 0; at < 20; at++) writeFileSync(join(root, `data/${at}.bin`), `${Math.random()} ${turn}`.repeat(300));
  const { hash } = await snapshot({ root, path: 'data', objects, indexes: join(root, '.trainyard/indexes') }, context);
  process.stdout.write(`${hash}\n`);
}
