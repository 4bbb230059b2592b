import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { z } from 'zod';
import { Training } from '../../../sidecar/contract/training.ts';
import { nodesOf, type SchemaNode } from './schema-nodes.ts';

const schema = z.toJSONSchema(Training, { io: 'input' }) as SchemaNode;
const smallest = { model: { name: 'mlp' }, data: { dataset: 'data/raw/images' } };

/** Any configuration that the schema accepts, with what may be left out left out at random. */
/** JSON has no −0. */
const thresholds = fc.double({ noNaN: true, noDefaultInfinity: true }).map((value) => value + 0);

const configurations: fc.Arbitrary<z.input<typeof Training>> = fc.record(
  {
    name: fc.stringMatching(/^[A-Za-z0-9][A-Za-z0-9._-]{0,20}$/),
    model: fc.record(
      {
        name: fc.constantFrom('mlp', 'cnn', 'resnet50', './models/net.onnx'),
        pretrained: fc.oneof(fc.boolean(), fc.constant('weights.onnx')),
        freeze: fc.constantFrom('none' as const, 'backbone' as const, ['conv*']),
        params: fc.constantFrom({}, { hidden: [8, 4] }, { dropout: 0.5, bias: true }),
      },
      { requiredKeys: ['name'] },
    ),
    data: fc.record(
      {
        dataset: fc.constantFrom('cifar10', 'data/raw/images', 'data/points.csv@v3'),
        batch_size: fc.integer({ min: 1, max: 65_536 }),
        image_size: fc.integer({ min: 4, max: 2_048 }),
        channels: fc.constantFrom(1 as const, 3 as const),
        task: fc.constantFrom('auto' as const, 'classification' as const, 'regression' as const),
        split: fc.constantFrom({}, { train: 0.6, validation: 0.2, test: 0.2 }, { seed: 7, stratify: false }),
        augment: fc.constantFrom([], [{ flip: 'horizontal' as const }, { crop: 4 }]),
      },
      { requiredKeys: ['dataset'] },
    ),
    optimizer: fc.record(
      {
        type: fc.constantFrom('sgd' as const, 'adam' as const, 'adamw' as const, 'rmsprop' as const),
        lr: fc.double({ min: 1e-9, max: 100, noNaN: true }),
        momentum: fc.double({ min: 0, max: 1, noNaN: true }),
        schedule: fc.constantFrom({}, { type: 'cosine' as const, warmup_epochs: 0.5 }),
      },
      { requiredKeys: [] },
    ),
    training: fc.record(
      {
        epochs: fc.integer({ min: 1, max: 100_000 }),
        device: fc.constantFrom('auto', 'cpu', 'webgpu', 'cuda', 'cuda:3'),
        seed: fc.integer({ min: 0, max: 0xffffffff }),
        early_stopping: fc.constantFrom({}, { metric: 'val_accuracy', patience: 3 }),
      },
      { requiredKeys: [] },
    ),
    gates: fc.array(
      fc.oneof(
        fc.record({ metric: fc.constant('accuracy'), at_least: thresholds }),
        fc.record({ metric: fc.constant('f1_macro'), not_worse_than: fc.constant('champion' as const) }),
      ),
      { maxLength: 3 },
    ),
    monitor: fc.constantFrom({}, { window: '30m', drift: { columns: ['x'] } }),
    deploy: fc.constantFrom({}, { port: 8_080 }, { strategy: 'none' as const }),
  },
  { requiredKeys: ['model', 'data'] },
);

test('what has been filled in once is not changed by filling it in again, nor by a way through JSON', () => {
  fc.assert(
    fc.property(configurations, (given) => {
      const once = Training.parse(given);
      expect(Training.parse(once)).toEqual(once);
      expect(Training.parse(JSON.parse(JSON.stringify(once)))).toEqual(once);
    }),
  );
});

test('what is written is kept: filling in adds, and never replaces', () => {
  fc.assert(
    fc.property(configurations, (given) => {
      expect(Training.parse(given)).toMatchObject(given);
    }),
  );
});

test('the smallest file runs with the defaults that the documentation names', () => {
  expect(Training.parse(smallest)).toMatchObject({
    model: { pretrained: false, freeze: 'none', params: {} },
    data: { batch_size: 64, task: 'auto', split: { train: 0.8, validation: 0.1, test: 0.1, seed: 0, stratify: true } },
    optimizer: { type: 'adam', lr: 0.001, schedule: { type: 'constant' } },
    training: { epochs: 10, device: 'auto', engine: 'onnx', seed: 0, loss: 'auto' },
    gates: [],
    deploy: { strategy: 'replace', port: 0 },
    monitor: { window: '1h', window_rows: 200, drift: { threshold: 'auto', correction: 'bh', consecutive: 2 } },
    compute: { kind: 'local' },
  });
});

test('a block that is there and empty means the same as one that is not there', () => {
  const blocks = ['optimizer', 'training', 'evaluation', 'registry', 'deploy', 'monitor', 'compute'] as const;
  for (const block of blocks) expect(Training.parse({ ...smallest, [block]: {} })).toEqual(Training.parse(smallest));
});

test('the plain example of the product is a complete file', () => {
  const plain = {
    model: { name: 'resnet50', pretrained: true },
    data: { dataset: 'cifar10', batch_size: 64, image_size: 32 },
    optimizer: { type: 'adam', lr: 0.001 },
    training: { epochs: 50, device: 'cuda:0' },
  };
  expect(Training.safeParse(plain).success).toBe(true);
});

test.each([
  [{ training: { epoch: 5 } }, 'training'],
  [{ training: { epochs: 0 } }, 'training.epochs'],
  [{ training: { epochs: 1.5 } }, 'training.epochs'],
  [{ training: { epochs: '5' } }, 'training.epochs'],
  [{ training: { device: 'gpu' } }, 'training.device'],
  [{ training: { device: 'cuda:' } }, 'training.device'],
  [{ training: { engine: 'command' } }, 'training.command'],
  [{ optimizer: { lr: 0 } }, 'optimizer.lr'],
  [{ optimizer: { lr: Number.NaN } }, 'optimizer.lr'],
  [{ data: { dataset: 'x', split: { train: 0.9 } } }, 'data.split'],
  [{ data: { dataset: '' } }, 'data.dataset'],
  [{ gates: [{ metric: 'accuracy' }] }, 'gates.0'],
  [{ gates: [{ metric: 'accuracy', at_least: 0.9, at_most: 1 }] }, 'gates.0'],
  [{ gates: [{ metric: 'accuracy', at_least: 0.9, confidence: 0.5 }] }, 'gates.0.confidence'],
  [{ monitor: { window: 'an hour' } }, 'monitor.window'],
  [{ monitor: { window_rows: 19 } }, 'monitor.window_rows'],
  [{ deploy: { port: 65_536 } }, 'deploy.port'],
  [{ name: '../up' }, 'name'],
  [{ features: [{ name: 'a', min_count: 3 }] }, 'features.0.min_count'],
  [{ features: [{ name: 'a' }, { name: 'b', transform: 'standard', buckets: 3 }] }, 'features.1.buckets'],
  [{ features: [{ name: 'a', transform: 'hash', buckets: [1, 2] }] }, 'features.0.buckets'],
  [{ features: [{ name: 'a', transform: 'bucket', buckets: [2, 2] }] }, 'features.0.buckets'],
  [{ extra: 1 }, ''],
])('%j is refused at %s', (change, path) => {
  const checked = Training.safeParse({ ...smallest, ...change });
  expect(checked.error?.issues.map((issue) => issue.path.join('.'))).toEqual([path]);
});

test('every setting explains itself, in whole sentences', () => {
  const unexplained = nodesOf(schema).filter(({ node }) => !/\w.*\.$/s.test(node.description ?? ''));
  expect(unexplained.map(({ path }) => path)).toEqual([]);
});

test('every default is shown by the schema and accepted by it', () => {
  const filled = Training.parse(smallest) as Readonly<Record<string, unknown>>;
  const withDefault = nodesOf(schema).filter(({ node }) => node.default !== undefined);
  expect(withDefault.length).toBeGreaterThan(30);
  for (const { path, node } of withDefault) {
    const value = path
      .split('.')
      .reduce<unknown>((at, key) => (at as Readonly<Record<string, unknown>> | undefined)?.[key], filled);
    if (value !== undefined && (typeof node.default !== 'object' || Array.isArray(node.default)))
      expect(value, path).toEqual(node.default);
  }
});

test('the JSON Schema that editors get has the same settings', () => {
  const shipped = JSON.parse(
    readFileSync(join(import.meta.dirname, '../../../media/training.schema.json'), 'utf8'),
  ) as SchemaNode;
  expect(nodesOf(shipped).map(({ path }) => path)).toEqual(nodesOf(schema).map(({ path }) => path));
});
