// Installs what the project needs when it is not there yet, on any Node >= 18 and any npm >= 10.
// Plain JavaScript: it runs before anything is installed.
import { spawnSync } from 'node:child_process';
import { existsSync, statSync } from 'node:fs';
import { resolve, sep } from 'node:path';

const lock = 'package-lock.json';
const installed = 'node_modules/.package-lock.json';
const node = process.platform === 'win32' ? 'node_modules/node/bin/node.exe' : 'node_modules/node/bin/node';

const run = (command, parameters) => {
  const { status, error } = spawnSync(command, parameters, { stdio: 'inherit', shell: process.platform === 'win32' });
  if (status === 0) return;
  process.stderr.write(
    `\`${command} ${parameters.join(' ')}\` failed${error === undefined ? '' : `: ${error.message}`}.\n`,
  );
  process.exit(1);
};

const current = existsSync(installed) && statSync(installed).mtimeMs >= statSync(lock).mtimeMs;
if (!current) {
  process.stdout.write('Installing the packages of package-lock.json …\n');
  // The one form that works with every npm: no install script runs but the one that brings Node itself.
  run('npm', ['ci', '--ignore-scripts', '--no-audit', '--no-fund', '--loglevel=error']);
}
// The Node that runs this may be the one that the installation has just replaced.
const borrowed = process.execPath.startsWith(resolve('node_modules') + sep);
if (!existsSync(node) && (borrowed || Number(process.versions.napi) < 10))
  run('npm', ['rebuild', 'node', '--loglevel=error']);
