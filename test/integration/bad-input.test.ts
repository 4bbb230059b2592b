import { createServer } from 'node:net';
import { join } from 'node:path';
import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { beforeEach, expect, test } from 'vitest';
import { freshWorkspace } from '../support/fresh-workspace.ts';
import { halvesConfiguration, startSidecar, trainOnce, write, writeHalves } from '../support/workspace.ts';

let root: string;
beforeEach(() => {
  root = freshWorkspace();
});

const faultOf = async (prepare: () => void, request: Parameters<typeof trainOnce>[1] = {}) => {
  prepare();
  const connection = await startSidecar(root);
  try {
    return (await trainOnce(connection, request)).fault;
  } catch (error) {
    return error as { code: string; message: string; hint?: string };
  }
};

test('data that is not there', async () => {
  const fault = await faultOf(() => write(root, 'config/training.yaml', halvesConfiguration));
  expect(fault).toMatchObject({ code: 'dataset-missing', message: 'There is no data at data/raw/halves.' });
});

test('a class without images', async () => {
  const fault = await faultOf(() => {
    writeHalves(root, 20);
    mkdirSync(join(root, 'data/raw/halves/up'));
    writeFileSync(join(root, 'data/raw/halves/up/.keep'), '');
  });
  expect(fault).toMatchObject({ code: 'dataset-class-empty' });
  expect(fault?.message).toContain('“up”');
});

test('an image that cannot be read is named, and none is left out in silence', async () => {
  const fault = await faultOf(() => {
    writeHalves(root, 20);
    write(root, 'data/raw/halves/left/broken.png', 'this is no image');
  });
  expect(fault).toMatchObject({ code: 'dataset-unreadable' });
  expect(fault?.message).toContain('left/broken.png');
});

test('one class only', async () => {
  const fault = await faultOf(() => {
    writeHalves(root, 20);
    rmSync(join(root, 'data/raw/halves/right'), { recursive: true });
  });
  expect(fault).toMatchObject({ code: 'dataset-one-class' });
});

test('a loss that is no number stops the run at its step, with a hint, and registers nothing', async () => {
  const fault = await faultOf(() => writeHalves(root, 20), {
    overrides: { 'optimizer.lr': '100', 'optimizer.type': 'sgd', 'training.epochs': '200' },
  });
  expect(fault).toMatchObject({ code: 'training-diverged' });
  expect(fault?.message).toMatch(/step \d+/);
  expect(fault?.hint).toContain('optimizer.lr');
});

test('an unknown key is found at its line, with the key that was meant', async () => {
  const connection = await startSidecar(root);
  write(root, 'config/training.yaml', halvesConfiguration.replace('epochs: 4', 'epoch: 4'));
  const { findings } = await connection.client.validateConfiguration({ path: 'config/training.yaml' });
  expect(findings).toHaveLength(1);
  expect(findings[0]).toMatchObject({
    code: 'configuration-invalid',
    places: [{ line: 5 }],
  });
  expect(findings[0]?.message).toContain('Did you mean `epochs`?');
});

test('the plain example validates, and then stops with the devices that are there and the fix', async () => {
  const plain = `model: {name: resnet50, pretrained: true}
data: {dataset: cifar10, batch_size: 64, image_size: 32}
optimizer: {type: adam, lr: 0.001}
training: {epochs: 50, device: cuda:0}
`;
  const fault = await faultOf(() => write(root, 'config/training.yaml', plain));
  expect(fault).toMatchObject({ code: 'device-missing' });
  expect(fault?.message).toMatch(/The device cuda:0 is not there\. Devices here: .*cpu/);
  expect(fault?.hint).toMatch(/Set training\.device to .*cpu or auto/);
  const connection = await startSidecar(root);
  const { findings, training } = await connection.client.validateConfiguration({ path: 'config/training.yaml' });
  expect(findings).toEqual([]);
  expect(training?.training.epochs).toBe(50);
});

test('a port that another program has taken', async () => {
  const other = createServer().listen(0, '127.0.0.1');
  await new Promise((resolve) => other.once('listening', resolve));
  const { port } = other.address() as { port: number };
  writeHalves(root, 20, `deploy: {port: ${port}}\n`);
  const connection = await startSidecar(root);
  await trainOnce(connection);
  await expect(connection.client.openEndpoint({ model: 'halves' })).rejects.toMatchObject({
    code: 'port-taken',
    message: expect.stringContaining(String(port)) as string,
  });
  other.close();
});

test('a model file that is not ONNX, left by a command', async () => {
  const fault = await faultOf(() => {
    writeHalves(root, 20);
    write(
      root,
      'config/training.yaml',
      halvesConfiguration.replace(
        'training: {',
        "training: {engine: command, command: 'echo no model > $TRAINYARD_OUT/model.onnx', ",
      ),
    );
  });
  expect(fault).toMatchObject({ code: 'model-invalid' });
});

test('wrong request shapes are answered with what was expected', async () => {
  writeHalves(root, 20);
  const connection = await startSidecar(root);
  await trainOnce(connection);
  const access = await connection.client.openEndpoint({ model: 'halves' });
  const reply = await fetch(`${access.url ?? ''}/v2/models/halves/infer`, {
    method: 'POST',
    headers: { authorization: `Bearer ${access.token ?? ''}`, 'content-type': 'application/json' },
    body: JSON.stringify({ inputs: [{ name: 'input', shape: [1, 3], datatype: 'FP32', data: [1, 2, 3] }] }),
  });
  expect(reply.status).toBe(400);
  expect(((await reply.json()) as { error: string }).error).toMatch(
    /\[.*1, 8, 8.*\].*\[1, 3\]|\[1, 3\].*\[.*1, 8, 8.*\]/s,
  );
});
