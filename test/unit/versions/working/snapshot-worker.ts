import { closeSync, existsSync, openSync, statSync, writeFileSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { openDataStore } from '../../../../sidecar/versions/data-store.ts';
import { snapshot } from '../../../../sidecar/versions/working/snapshot.ts';

/**
 * A process that changes a data set and versions it, for ever; it is there to be killed. The second parameter is the
 * program of its threads.
 */
const [root = '', threadProgram = null] = process.argv.slice(2);
const large = join(root, 'data/large.bin');
/** Some bytes here and there. */
const editLarge = () => {
  const file = openSync(large, 'r+');
  const { size } = statSync(large);
  for (let at = 0; at < 40; at++) writeSync(file, String(Math.random()), Math.floor(Math.random() * (size - 100)));
  closeSync(file);
};
const store = openDataStore(join(root, '.trainyard/data'));
const place = { root, path: 'data', indexes: join(root, '.trainyard/indexes'), threadProgram };
const context = {
  signal: new AbortController().signal,
  progress: () => undefined,
  metrics: () => undefined,
  log: () => undefined,
};
for (let turn = 0; ; turn++) {
  for (let at = 0; at < 20; at++) writeFileSync(join(root, `data/${at}.bin`), `${Math.random()} ${turn}`.repeat(300));
  if (existsSync(large)) editLarge();
  const { version } = await snapshot({ ...place, store }, context);
  process.stdout.write(`${version}\n`);
}
