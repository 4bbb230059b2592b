import { chmod, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { driverIdOf, nvidiaCards, readCards, readLoad } from '../../../sidecar/engines/nvidia.ts';

test('the load of a card is read from what its driver prints', () => {
  expect(readLoad('37, 1234\n')).toEqual({ gpu_percent: 37, gpu_memory_mb: 1234 });
});

test.each(['', '[N/A], 1234\n', 'No devices were found\n'])('a driver that does not tell tells nothing: %j', (line) => {
  expect(readLoad(line)).toBeNull();
});

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'cards-'));
  vi.stubEnv('PATH', `${folder}:/usr/bin:/bin`);
});
afterEach(async () => {
  vi.unstubAllEnvs();
  await rm(folder, { recursive: true });
});

const pretend = async (script: string): Promise<void> => {
  const program = path.join(folder, 'nvidia-smi');
  await writeFile(program, `#!/bin/sh\n${script}\n`);
  await chmod(program, 0o755);
};

test('cards come with their memory and driver, asked of nvidia-smi', async () => {
  await pretend(
    `echo "0, GPU-aa11, NVIDIA H100 80GB HBM3, 81559, 81079, 550.54.15"; echo "1, GPU-bb22, Tesla T4, 15360, 512, 550.54.15"`,
  );
  expect(await nvidiaCards()).toEqual([
    {
      index: 0,
      uuid: 'GPU-aa11',
      name: 'NVIDIA H100 80GB HBM3',
      memoryBytes: 81559 * 2 ** 20,
      freeBytes: 81079 * 2 ** 20,
      driver: '550.54.15',
    },
    {
      index: 1,
      uuid: 'GPU-bb22',
      name: 'Tesla T4',
      memoryBytes: 15360 * 2 ** 20,
      freeBytes: 512 * 2 ** 20,
      driver: '550.54.15',
    },
  ]);
});

test.each([
  ['1', [[0, 'Tesla T4']]],
  [
    '1,0',
    [
      [0, 'Tesla T4'],
      [1, 'NVIDIA A10'],
    ],
  ],
  ['GPU-aa', [[0, 'NVIDIA A10']]],
  ['0,7,1', [[0, 'NVIDIA A10']]],
  ['', []],
  ['-1', []],
] as const)('cards are those that CUDA_VISIBLE_DEVICES=%j shows, numbered as CUDA does', async (setting, expected) => {
  await pretend('echo "0, GPU-aa11, NVIDIA A10, 100, 90, 550"; echo "1, GPU-bb22, Tesla T4, 100, 90, 550"');
  vi.stubEnv('CUDA_VISIBLE_DEVICES', setting);
  expect((await nvidiaCards()).map(({ index, name }) => [index, name])).toEqual(expected);
});

test('a card is asked for by the number that the driver gives it', () => {
  expect(driverIdOf(1)).toBe('1');
  vi.stubEnv('CUDA_VISIBLE_DEVICES', '4,GPU-bb22');
  expect([0, 1, 2].map(driverIdOf)).toEqual(['4', 'GPU-bb22', undefined]);
});

test('a machine without the tool, or whose driver does not answer, has no cards', async () => {
  expect(await nvidiaCards()).toEqual([]);
  await pretend('echo "NVIDIA-SMI has failed because it could not communicate with the NVIDIA driver."; exit 9');
  expect(await nvidiaCards()).toEqual([]);
});

test('what a driver does not tell is unknown, and lines that are no card are passed over', () => {
  const text = 'Warning: the infoROM is corrupted\r\n0, GPU-cc33, Grace, Hopper, [N/A], [Not Supported], [N/A]\r\n\r\n';
  expect(readCards(text)).toEqual([
    { index: 0, uuid: 'GPU-cc33', name: 'Grace, Hopper', memoryBytes: null, freeBytes: null, driver: null },
  ]);
});
