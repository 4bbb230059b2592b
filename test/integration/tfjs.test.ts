import { beforeEach, expect, test } from 'vitest';
import { freshWorkspace } from '../support/fresh-workspace.ts';
import { halvesConfiguration, startSidecar, trainOnce, write, writeHalves } from '../support/workspace.ts';

let root: string;
beforeEach(() => {
  root = freshWorkspace();
});

test('engine tfjs goes through the whole loop, and says so', async () => {
  writeHalves(root, 60);
  write(root, 'config/training.yaml', `${halvesConfiguration}gates: [{metric: accuracy, at_least: 0.9}]\n`);
  const connection = await startSidecar(root);
  const run = await trainOnce(connection, { overrides: { 'training.engine': 'tfjs' } });
  expect(run.fault).toBeNull();
  expect(run.status).toBe('done');
  expect(run.nouns.candidate).toMatchObject({ engine: 'tfjs', device: 'cpu' });
  expect(run.model).toMatchObject({ version: 1 });
});

test('engine tfjs on a device that is not there is refused with those that are', async () => {
  writeHalves(root, 20);
  write(root, 'config/training.yaml', halvesConfiguration);
  const connection = await startSidecar(root);
  const overrides = { 'training.engine': 'tfjs', 'training.device': 'cuda:7' };
  await expect(trainOnce(connection, { overrides })).rejects.toMatchObject({
    code: 'device-missing',
    message: expect.stringMatching(/cuda:7 is not there.*cpu/) as string,
  });
});
