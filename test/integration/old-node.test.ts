import { spawnSync } from 'node:child_process';
import { cpSync, existsSync, mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeEach, expect, test } from 'vitest';
import { entryPath } from '../../sidecar/work/entry.ts';
import { freshFolder } from '../support/fresh-folder.ts';

const repository = join(import.meta.dirname, '../..');

let folder: string;
beforeEach(() => {
  folder = freshFolder();
  cpSync(join(repository, 'bin'), join(folder, 'bin'), { recursive: true });
  writeFileSync(join(folder, 'package.json'), '{"type":"module"}');
});

/** What an older Node says of itself, put before the program. */
const pretend = (node: string, napi: string): string[] => {
  const versions = JSON.stringify({ node, napi });
  const code = `Object.defineProperty(process, 'versions', { value: { ...process.versions, ...${versions} } });
Object.defineProperty(process, 'version', { value: 'v' + ${versions}.node });`;
  return ['--import', `data:text/javascript,${encodeURIComponent(code)}`];
};

const systemNode = '/usr/bin/node';
const systemVersion = existsSync(systemNode)
  ? spawnSync(systemNode, ['-p', 'process.versions.node'], { encoding: 'utf8' }).stdout.trim()
  : '';
const systemIsOld = Number(systemVersion.split('.')[0] || 99) < 22;

const oldNodes: [string, string, string[]][] = [
  ['v18.20.4', process.execPath, pretend('18.20.4', '9')],
  ['v20.11.0', process.execPath, pretend('20.11.0', '9')],
  ['v22.9.0', process.execPath, pretend('22.9.0', '9')],
  ['v22.14.0', process.execPath, pretend('22.14.0', '10')],
];
if (systemIsOld) oldNodes.push([`v${systemVersion}`, systemNode, []]);

test.each(oldNodes)(
  '%s without a Node of our own is told what is needed, and does not crash',
  (version, node, before) => {
    const said = spawnSync(node, [...before, join(folder, 'bin/trainyard.mjs'), 'doctor'], { encoding: 'utf8' });
    expect(said).toMatchObject({
      status: 1,
      signal: null,
      stdout: '',
      stderr:
        `Trainyard needs Node 22.18 or later; this is ${version}.\n` +
        'Run `npm ci --ignore-scripts && npm rebuild node` here: it brings a Node of its own.\n',
    });
  },
);

test.each(oldNodes)('%s beside a Node of our own hands over to it, arguments and exit code too', (_, node, before) => {
  mkdirSync(join(folder, 'node_modules/node/bin'), { recursive: true });
  mkdirSync(join(folder, 'sidecar'));
  symlinkSync(process.execPath, join(folder, 'node_modules/node/bin/node'));
  writeFileSync(
    join(folder, 'sidecar/cli.ts'),
    'const words: string[] = process.argv.slice(2);\nprocess.stdout.write([process.version, ...words].join("|"));\nprocess.exitCode = 3;\n',
  );
  const said = spawnSync(node, [...before, join(folder, 'bin/trainyard.mjs'), 'train', 'a b', '--json'], {
    encoding: 'utf8',
  });
  expect(said).toMatchObject({ status: 3, stdout: `${process.version}|train|a b|--json`, stderr: '' });
});

test.runIf(systemIsOld)(`the command line works when called by the system's own ${systemVersion}`, () => {
  const said = spawnSync(systemNode, [join(repository, 'bin/trainyard.mjs'), '--help'], { encoding: 'utf8' });
  expect(said).toMatchObject({ status: 0, stderr: '' });
  expect(said.stdout).toContain('Usage: trainyard');
});

test('a child that is killed does not pass for success', () => {
  mkdirSync(join(folder, 'node_modules/node/bin'), { recursive: true });
  mkdirSync(join(folder, 'sidecar'));
  symlinkSync(process.execPath, join(folder, 'node_modules/node/bin/node'));
  writeFileSync(join(folder, 'sidecar/cli.ts'), 'process.kill(process.pid, "SIGKILL");\n');
  const words = [...pretend('20.11.0', '9'), join(folder, 'bin/trainyard.mjs')];
  expect(spawnSync(process.execPath, words).status).toBe(1);
});

test('a sidecar under a Node without Node-API 10 ends with 78 and its version, before any native module is loaded', () => {
  const said = spawnSync(process.execPath, [...pretend('20.11.0', '9'), entryPath('main')], {
    input: '',
    encoding: 'utf8',
  });
  expect(said).toMatchObject({ status: 78, signal: null, stdout: '', stderr: 'v20.11.0\n' });
});
