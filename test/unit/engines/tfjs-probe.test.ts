import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { probeTfjs } from '../../../sidecar/engines/tfjs/probe.ts';

let root: string;
beforeAll(() => {
  root = mkdtempSync(path.join(tmpdir(), 'probe-'));
});
afterAll(() => rmSync(root, { recursive: true }));

/** A folder in which the package is installed to some degree. */
const install = (name: string, main: string | null, binary: 'with binary' | 'without binary'): string => {
  const home = path.join(root, name);
  const folder = path.join(home, 'node_modules', '@tensorflow', 'tfjs-node-gpu');
  mkdirSync(path.join(folder, 'lib', 'napi-v8'), { recursive: true });
  writeFileSync(path.join(folder, 'package.json'), JSON.stringify({ version: '4.22.0', main: 'main.js' }));
  if (main !== null) writeFileSync(path.join(folder, 'main.js'), main);
  if (binary === 'with binary') writeFileSync(path.join(folder, 'lib', 'napi-v8', 'tfjs_binding.node'), '');
  return path.join(home, 'from.js');
};

test('a missing package is said to be missing and not needed, with the command that installs it', async () => {
  const probe = await probeTfjs([path.join(root, 'nowhere', 'from.js')]);
  expect(probe).toMatchObject({ state: 'package-absent', version: null });
  expect(probe.sentence).toContain('does not need it');
  expect(probe.command).toBe('trainyard devices install tfjs');
});

test('a package without its native library is told apart from a missing one', async () => {
  const probe = await probeTfjs([install('bare', null, 'without binary')]);
  expect(probe).toMatchObject({
    state: 'binary-absent',
    version: '4.22.0',
    command: 'trainyard devices install tfjs',
  });
});

test('a complete package is loaded, with the function that newer Node versions no longer have', async () => {
  const main = `if (!require('util').isNullOrUndefined(null)) throw new Error('no'); exports.setBackend = () => true; exports.getBackend = () => 'tensorflow';`;
  const probe = await probeTfjs([install('whole', main, 'with binary')]);
  expect(probe).toMatchObject({ state: 'usable', version: '4.22.0', command: null });
  expect(probe.sentence).toContain('“tensorflow”');
});

test('a package that fails to load says why, in one line', async () => {
  const probe = await probeTfjs([
    install('broken', `throw new Error('libcudart.so.11.0: cannot open\\nstack');`, 'with binary'),
  ]);
  expect(probe.state).toBe('unusable');
  expect(probe.sentence).toMatch(/does not load: libcudart\.so\.11\.0: cannot open$/);
});

test('the packages of this workspace are probed without an error', async () => {
  expect(['package-absent', 'binary-absent', 'unusable', 'usable']).toContain((await probeTfjs()).state);
});
