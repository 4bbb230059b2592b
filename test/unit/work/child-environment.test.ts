import { spawnSync } from 'node:child_process';
import { existsSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterEach, expect, test } from 'vitest';
import { childEnvironment, compileCache } from '../../../sidecar/work/child-environment.ts';
import { freshFolder } from '../../support/fresh-folder.ts';

afterEach(() => Reflect.deleteProperty(process.versions, 'electron'));

test('what a child needs to find programs, libraries and devices goes with it', () => {
  const given = {
    PATH: '/bin',
    HOME: '/home/a',
    LD_LIBRARY_PATH: '/opt/cuda',
    CUDA_VISIBLE_DEVICES: '1',
    VK_ICD_FILENAMES: '/icd.json',
    SystemRoot: 'C:\\Windows',
  };
  expect(childEnvironment(given)).toEqual(given);
});

test('tokens, switches of Node and what the editor sets stay behind', () => {
  expect(
    childEnvironment({
      PATH: '/bin',
      NODE_OPTIONS: '--inspect',
      ELECTRON_RUN_AS_NODE: '1',
      VSCODE_IPC_HOOK: '/tmp/x',
      GITHUB_TOKEN: 'secret',
      AWS_SECRET_ACCESS_KEY: 'secret',
      LD_PRELOAD: '/tmp/evil.so',
    }),
  ).toEqual({ PATH: '/bin' });
});

test('nothing is made up: every variable of the child has the value it had', () => {
  fc.assert(
    fc.property(fc.dictionary(fc.constantFrom('PATH', 'HOME', 'TZ', 'TOKEN', 'LANG', 'x'), fc.string()), (given) => {
      for (const [name, value] of Object.entries(childEnvironment(given))) expect(value).toBe(given[name]);
    }),
  );
});

test('inside Electron the child is told to be plain Node', () => {
  Object.defineProperty(process.versions, 'electron', { value: '39.0.0', configurable: true });
  expect(childEnvironment({ PATH: '/bin' })).toEqual({ PATH: '/bin', ELECTRON_RUN_AS_NODE: '1' });
});

test('a program of ours is kept compiled in the folder of caches', () => {
  const folder = freshFolder();
  writeFileSync(join(folder, 'part.cjs'), 'exports.answer = () => 42;');
  writeFileSync(join(folder, 'main.cjs'), "require('./part.cjs').answer();");
  const env = compileCache({ TRAINYARD_CACHE: join(folder, 'cache') });
  expect(spawnSync(process.execPath, [join(folder, 'main.cjs')], { env }).status).toBe(0);
  expect(existsSync(env.NODE_COMPILE_CACHE) && readdirSync(env.NODE_COMPILE_CACHE)).toHaveLength(1);
});
