import fs from 'node:fs';
import { syncBuiltinESMExports } from 'node:module';

/**
 * A process that removes what restores have kept, and dies before the change of a folder that it is told. One that
 * lives prints how many changes there were.
 */
const [kept = '', fatal = '', ...names] = process.argv.slice(2);
let changes = 0;
const count = () => {
  if (changes === Number(fatal)) process.kill(process.pid, 'SIGKILL');
  changes += 1;
};
const { rmSync, unlinkSync, readdirSync, lstatSync, rmdirSync } = fs;
/** Node removes a tree in one call: here it is taken apart, so that it can be cut off between any two files. */
const removeTree = (path: string): void => {
  const stat = lstatSync(path, { throwIfNoEntry: false });
  if (stat === undefined) return;
  if (!stat.isDirectory()) {
    count();
    unlinkSync(path);
    return;
  }
  for (const name of readdirSync(path)) removeTree(`${path}/${name}`);
  count();
  rmdirSync(path);
};
Object.assign(fs, {
  rmSync: (path: string, options: Parameters<typeof rmSync>[1]) => {
    if (options?.recursive === true) removeTree(path);
    else {
      count();
      rmSync(path, options);
    }
  },
});
syncBuiltinESMExports();
const { removeKept } = await import('../../../../sidecar/versions/working/kept-files.ts');
removeKept(kept, names);
process.stdout.write(String(changes));
