import fs from 'node:fs';
import { syncBuiltinESMExports } from 'node:module';
import type { Hash } from '../../../../sidecar/contract/ids.ts';

/**
 * A process that restores a version by force, and dies before the change of a folder that it is told. One that lives
 * prints how many changes there were.
 */
const [root = '', version = '', fatal = ''] = process.argv.slice(2);
let changes = 0;
for (const name of ['renameSync', 'unlinkSync', 'rmdirSync', 'mkdirSync', 'chmodSync', 'rmSync'] as const) {
  const change = fs[name] as (...args: unknown[]) => unknown;
  const counted = (...args: unknown[]) => {
    if (changes === Number(fatal)) process.kill(process.pid, 'SIGKILL');
    changes += 1;
    return change(...args);
  };
  Object.assign(fs, { [name]: counted });
}
syncBuiltinESMExports();
const { dataSetOf } = await import('./data-set.ts');
await dataSetOf(root).restore(version as Hash, { force: true });
process.stdout.write(String(changes));
