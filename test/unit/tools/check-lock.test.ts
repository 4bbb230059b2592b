import { readFile } from 'node:fs/promises';
import { expect, test } from 'vitest';
import type { Lock } from '../../../tools/check-lock.ts';
import { findLockFaults } from '../../../tools/check-lock.ts';

const sound: Lock = {
  packages: {
    '': { optionalDependencies: { gpu: '1.0.0' } },
    'node_modules/gpu': {},
    'node_modules/parser': { optionalDependencies: { 'parser-linux': '1.0.0', 'parser-mac': '1.0.0' } },
    'node_modules/parser-linux': {},
    'node_modules/parser/node_modules/parser-mac': {},
    'node_modules/a/node_modules/b': { optionalDependencies: { c: '1.0.0', d: '1.0.0' } },
    'node_modules/a/node_modules/c': {},
    'node_modules/a/node_modules/b/node_modules/d': {},
    'node_modules/local': { resolved: '../local' },
  },
};

test('a lock with every optional package and no address is sound', () => {
  expect(findLockFaults(sound)).toEqual([]);
});

test('an address of a registry is a fault', () => {
  const packages = { ...sound.packages, 'node_modules/far': { resolved: 'https://registry.example/far-1.0.0.tgz' } };
  expect(findLockFaults({ packages })).toEqual([expect.stringContaining('node_modules/far holds an address')]);
});

test('an optional platform package that npm could not see is a fault', () => {
  const packages = Object.fromEntries(
    Object.entries(sound.packages).filter(([path]) => !path.endsWith('parser-linux')),
  );
  expect(findLockFaults({ packages })).toEqual(['node_modules/parser lacks its optional package parser-linux.']);
});

test('a package nested beside a stranger does not count', () => {
  const packages = { ...sound.packages, 'node_modules/x': { optionalDependencies: { d: '1.0.0' } } };
  expect(findLockFaults({ packages })).toEqual(['node_modules/x lacks its optional package d.']);
});

test("the project's own lock is sound", async () => {
  const lock = JSON.parse(await readFile(new URL('../../../package-lock.json', import.meta.url), 'utf8')) as Lock;
  expect(Object.keys(lock.packages).length).toBeGreaterThan(100);
  expect(findLockFaults(lock)).toEqual([]);
});
