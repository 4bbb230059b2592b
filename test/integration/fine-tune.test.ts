import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeEach, expect, test } from 'vitest';
import type { Model } from '../../sidecar/graph/model.ts';
import { writeModel } from '../../sidecar/graph/write.ts';
import { freshWorkspace } from '../support/fresh-workspace.ts';
import { halfImage, halvesConfiguration, startSidecar, trainOnce, write, writeHalves } from '../support/workspace.ts';
import { fileOf, int, ints, node, weight, whole } from '../unit/graph/import/files.ts';

let root: string;
beforeEach(() => {
  root = freshWorkspace();
});

/** As Keras exports: channels last, operator set 15, an odd name of the output, a softmax over five classes. */
const foreignFile = (seed: number): Model =>
  fileOf({
    opset: 15,
    input: ['unk__1', 8, 8, 1],
    nodes: [
      node('Transpose', ['x'], 'images', { perm: ints([0, 3, 1, 2]) }),
      node('Conv', ['images', 'kernel', 'bias'], 'maps', { kernel_shape: ints([3, 3]) }),
      node('Relu', ['maps'], 'active'),
      node('Reshape', ['active', 'flat'], 'rows'),
      node('MatMul', ['rows', 'dense'], 'logits'),
      node('Softmax', ['logits'], 'Identity:0', { axis: int(1) }),
    ],
    tensors: [
      { ...weight('kernel', [4, 1, 3, 3], seed) },
      weight('bias', [4], seed + 1),
      whole('flat', [-1, 144]),
      weight('dense', [144, 5], seed + 2),
    ],
    outputs: [{ name: 'Identity:0', type: 'float32', shape: ['unk__2', 5] }],
  });

test('a file of somebody else becomes a served model, and is trained anew when it has changed', async () => {
  writeHalves(root, 60);
  write(
    root,
    'config/training.yaml',
    `${halvesConfiguration.replace('{name: mlp, params: {hidden: [8]}}', '{name: ./net.onnx}')}gates: [{metric: accuracy, at_least: 0.9}]\n`,
  );
  const putFile = (seed: number) => writeFileSync(join(root, 'net.onnx'), writeModel(foreignFile(seed)));
  putFile(1);
  const connection = await startSidecar(root);

  const run = await trainOnce(connection);
  expect(run.fault).toBeNull();
  expect(run.status).toBe('done');
  expect(run.metric?.value).toBeGreaterThanOrEqual(0.9);
  const access = await connection.client.openEndpoint({ model: 'halves' });
  const reply = await fetch(`${access.url ?? ''}/predict`, {
    method: 'POST',
    headers: { authorization: `Bearer ${access.token ?? ''}`, 'content-type': 'image/png' },
    body: halfImage('left', 78) as Uint8Array<ArrayBuffer>,
  });
  expect(await reply.json()).toMatchObject({ predictions: [{ label: 'left' }] });

  const statusOfTraining = async () =>
    (await trainOnce(connection, { until: 'evaluate' })).stages.find(({ stage }) => stage === 'train')?.status;
  expect(await statusOfTraining()).toBe('reused');
  putFile(5);
  expect(await statusOfTraining()).toBe('done');
});

test('a file whose operator has no gradient ends the run with the operator’s name and the way out', async () => {
  writeHalves(root, 20);
  write(
    root,
    'config/training.yaml',
    halvesConfiguration.replace('{name: mlp, params: {hidden: [8]}}', '{name: ./net.onnx}'),
  );
  const { graph, ...rest } = foreignFile(1);
  const nodes = graph.nodes.map((each) => (each.op === 'Relu' ? { ...each, op: 'Hardmax' } : each));
  writeFileSync(join(root, 'net.onnx'), writeModel({ ...rest, graph: { ...graph, nodes } }));
  const connection = await startSidecar(root);
  const { fault } = await trainOnce(connection);
  expect(fault?.code).toBe('configuration-invalid');
  expect(fault?.message).toBe('The operator Hardmax has no gradient here. It is the node “the Relu”.');
  expect(fault?.hint).toContain('Freeze the layers before it (model.freeze)');
});
