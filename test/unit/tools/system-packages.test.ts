import { chmod, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { findProgram, requirePrograms } from '../../../tools/system-packages.ts';

let folder: string;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'programs-'));
  await writeFile(join(folder, 'browser'), '#!/bin/sh\n');
  await chmod(join(folder, 'browser'), 0o755);
  await writeFile(join(folder, 'notes'), 'no program');
  vi.stubEnv('PATH', folder);
});
afterEach(async () => {
  vi.unstubAllEnvs();
  await rm(folder, { recursive: true });
});

test('a program on PATH is found, a mere file is not', async () => {
  expect(await findProgram('browser')).toBe(join(folder, 'browser'));
  expect(await findProgram('notes')).toBeUndefined();
});

test('nothing is installed when nothing is missing', async () => {
  await expect(requirePrograms([{ program: 'browser', debianPackage: 'chromium' }])).resolves.toBeUndefined();
});

test('where nothing can be installed the error says what to type', async () => {
  await expect(
    requirePrograms([
      { program: 'browser', debianPackage: 'chromium' },
      { program: 'g++', debianPackage: 'g++' },
    ]),
  ).rejects.toThrow('sudo apt-get install --no-install-recommends g++');
});

test('a shared library counts as there when it is among those of the system', async () => {
  await expect(requirePrograms([{ library: 'libc.so.6', debianPackage: 'libc6' }])).resolves.toBeUndefined();
  await expect(requirePrograms([{ library: 'libnowhere.so.9', debianPackage: 'libnowhere9' }])).rejects.toThrow(
    'libnowhere9',
  );
});
