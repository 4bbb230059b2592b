import { readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { diagnose } from '../../../sidecar/language/diagnose.ts';
import type { Finding } from '../../../sidecar/language/finding.ts';
import { unknownProject, type ProjectState } from '../../../sidecar/language/project.ts';

const minimal = 'model:\n  name: cnn\ndata:\n  dataset: mnist\n';
const check = (text: string, project: ProjectState = unknownProject) =>
  diagnose(text, project).map(({ span, severity, message }) => ({
    at: text.slice(span.start, span.end),
    severity,
    message,
  }));
const fixed = (text: string, finding: Finding | undefined, index = 0): string => {
  const edit = finding?.fixes[index]?.edits[0];
  return edit === undefined ? text : text.slice(0, edit.span.start) + edit.text + text.slice(edit.span.end);
};
const withDevices: ProjectState = {
  ...unknownProject,
  devices: [
    { id: 'cpu', name: 'CPU', engine: 'onnx', freeBytes: null, memoryBytes: null },
    { id: 'cuda:0', name: 'GPU', engine: 'onnx', freeBytes: null, memoryBytes: null },
  ],
};

describe('valid files', () => {
  const corpus = join(import.meta.dirname, 'corpus');
  test.each(readdirSync(corpus))('%s has no findings, whatever is known of the project', (name) => {
    const text = readFileSync(join(corpus, name), 'utf8');
    expect(check(text)).toEqual([]);
    expect(check(text, withDevices).filter(({ severity }) => severity === 'error')).toEqual([]);
  });
});

describe('each fault is one finding at its exact range', () => {
  const cases: readonly [name: string, text: string, at: string, message: string][] = [
    ['a number out of range', `${minimal}training: {epochs: 0}`, '0', '`training.epochs` must be at least 1, not `0`'],
    ['a number that must be above 0', `${minimal}optimizer:\n  lr: 0`, '0', '`optimizer.lr` must be above 0, not `0`'],
    [
      'a fraction for an integer',
      `${minimal}training: {epochs: 1.5}`,
      '1.5',
      'must be an integer at least 1, at most 100000, not `1.5`',
    ],
    [
      'text for a number',
      `${minimal}optimizer: {lr: fast}`,
      'fast',
      'must be a number above 0, at most 100, not `fast`',
    ],
    ['a mistyped choice', `${minimal}optimizer: {type: adm}`, 'adm', 'Did you mean `adam`?'],
    ['an unknown key with a near one', `${minimal}training:\n  epoch: 20`, 'epoch', 'Did you mean `epochs`?'],
    ['an unknown key with none near', `${minimal}colour: red`, 'colour', '`colour` is no setting of a training file'],
    ['a missing required key', 'model: {pretrained: true}\ndata: {dataset: mnist}', 'model', '`model` needs `name`'],
    ['an empty block', 'model:\ndata: {dataset: mnist}', 'model', '`model` is empty; it needs `name`'],
    ['a list where text belongs', `${minimal}registry: {model: [a]}`, '[a]', '`registry.model` must be text'],
    [
      'two conditions of one setting',
      `${minimal}gates:\n  - {metric: accuracy}`,
      '{metric: accuracy}',
      'exactly one of',
    ],
    [
      'a check of the data without a subject',
      'model: {name: cnn}\ndata: {dataset: mnist, checks: [{at_least: 1}]}',
      '{at_least: 1}',
      'a check needs exactly one of columns, column, unique, count, readable',
    ],
    [
      'a key that does not go with the subject of a check',
      'model: {name: cnn}\ndata: {dataset: mnist, checks: [{unique: rows, matches: a}]}',
      'a',
      '`data.checks[0].matches` does not go with `unique`',
    ],
    [
      'shares that do not add up',
      `model: {name: cnn}\ndata: {dataset: mnist, split: {train: 0.5}}`,
      '{train: 0.5}',
      'must add up to 1',
    ],
    [
      'a command that is needed',
      `${minimal}training: {engine: command}`,
      'training',
      '`engine: command` needs `command`',
    ],
    ['a duplicate key', `${minimal}training:\n  seed: 1\n  seed: 2`, 'seed', 'This key is written twice'],
    [
      'a device that no machine could have',
      `${minimal}training: {device: gpu}`,
      'gpu',
      'must be auto, cpu, webgpu, cuda or cuda:N',
    ],
  ];
  test.each(cases)('%s', (_, text, at, message) => {
    const found = check(text);
    expect(found).toHaveLength(1);
    expect(found[0]?.severity).toBe('error');
    expect(found[0]?.at).toBe(at);
    expect(found[0]?.message).toContain(message);
  });

  test('a file that lacks both blocks says so twice, and an empty file once', () => {
    expect(check('name: a').map(({ message }) => message)).toEqual([
      'A training file needs `model`',
      'A training file needs `data`',
    ]);
    expect(check('').length).toBeGreaterThan(0);
  });

  test('text that YAML cannot read gives its own fault and no false ones', () => {
    expect(
      check('model:\n  name: cnn\n  oops\ndata: {dataset: mnist}').every(({ severity }) => severity === 'error'),
    ).toBe(true);
    expect(check('model: {name: cnn').length).toBeGreaterThan(0);
  });
});

describe('quick fixes', () => {
  test('a mistyped key and a mistyped value are replaced, and nothing else changes', () => {
    const text = `${minimal}optimizer: {typ: adam}`;
    expect(fixed(text, diagnose(text, unknownProject)[0])).toBe(`${minimal}optimizer: {type: adam}`);
    const other = `${minimal}optimizer: {type: adamm}`;
    expect(fixed(other, diagnose(other, unknownProject)[0])).toBe(`${minimal}optimizer: {type: adam}`);
  });

  test('a device that is not here is information, with a fix for each that is', () => {
    const text = `${minimal}training: {device: cuda:3}`;
    const [finding] = diagnose(text, withDevices);
    expect(finding?.severity).toBe('information');
    expect(finding?.message).toContain('`cpu`, `cuda:0`');
    expect(fixed(text, finding, 1)).toBe(`${minimal}training: {device: cuda:0}`);
    expect(diagnose(text, unknownProject)).toEqual([]);
    expect(diagnose(`${minimal}training: {device: cuda}`, withDevices)).toEqual([]);
  });

  test('an engine that is not installed is information, with a way back', () => {
    const text = `${minimal}training: {engine: tfjs}`;
    const [finding] = diagnose(text, withDevices);
    expect(finding).toMatchObject({ severity: 'information' });
    expect(finding?.message).toContain('trainyard devices install tfjs');
    expect(fixed(text, finding)).toBe(`${minimal}training: {engine: onnx}`);
    const devices = [{ id: 'cpu', name: 'CPU', engine: 'tfjs' as const, freeBytes: null, memoryBytes: null }];
    expect(diagnose(text, { ...unknownProject, devices })).toEqual([]);
  });

  test('only devices of the engine that is asked for count', () => {
    const webgpu = { id: 'webgpu', name: 'GPU', engine: 'tfjs' as const, freeBytes: null, memoryBytes: null };
    const project = { ...withDevices, devices: [...withDevices.devices!, webgpu] };
    expect(diagnose(`${minimal}training: {device: webgpu, engine: tfjs}`, project)).toEqual([]);
    expect(diagnose(`${minimal}training: {device: webgpu}`, project)[0]?.message).toContain('There is `cpu`, `cuda:0`');
  });
});

describe('files of models', () => {
  const there: ProjectState = { ...unknownProject, modelFiles: ['models/net.onnx', 'weights.safetensors'] };
  const withModel = (model: string, more = '') => `model: {${model}}\ndata: {dataset: mnist}\n${more}`;
  const messages = (text: string, project = there) => check(text, project).map(({ message }) => message);

  test.each([
    'name: models/net.onnx',
    'name: ./models/net.onnx',
    'name: ../elsewhere/net.onnx',
    'name: /elsewhere/net.onnx',
    'name: cnn, pretrained: weights.safetensors',
    'name: cnn, pretrained: "https://host/weights.safetensors"',
    'name: cnn, pretrained: true',
  ])('that are there, or cannot be looked for, are right: {%s}', (model) => {
    expect(messages(withModel(model))).toEqual([]);
  });

  test('that are not there are information, with a fix for each that is', () => {
    const text = withModel('name: models/nut.onnx');
    const [finding] = diagnose(text, there);
    expect(finding).toMatchObject({
      severity: 'information',
      message: 'There is no file `models/nut.onnx` in the workspace',
    });
    expect(fixed(text, finding)).toBe(withModel('name: models/net.onnx'));
    expect(messages(withModel('name: cnn, pretrained: lost.safetensors'))).toEqual([
      'There is no file `lost.safetensors` in the workspace',
    ]);
    expect(messages(text, unknownProject)).toEqual([]);
  });

  test('of another kind are told, but for a command, whose model is its own business', () => {
    expect(messages(withModel('name: models/net.pt'))).toEqual([
      '`models/net.pt` is no ONNX file; a model comes from an `.onnx` file',
    ]);
    expect(messages(withModel('name: cnn, pretrained: net.pth'))[0]).toContain('could run code');
    const command = 'training: {engine: command, command: python train.py}\n';
    expect(messages(withModel('name: my/model.v2', command))).toEqual([]);
  });
});

describe('merges, anchors and free keys', () => {
  test('keys that begin with x- are free, at the root and inside', () => {
    expect(check(`x-anything: {a: 1}\n${minimal}training: {x-note: later}`)).toEqual([]);
  });

  test('a merged value counts as if it were written here', () => {
    const text = `x-base: &base\n  epochs: 3\n  device: cpu\n${minimal}training:\n  <<: *base\n  seed: 1`;
    expect(check(text)).toEqual([]);
  });

  test('a fault in a merged value is reported at the merge, with the place where it is written', () => {
    const text = `x-base: &base\n  epochs: many\n${minimal}training:\n  <<: *base`;
    const [finding] = diagnose(text, unknownProject);
    expect(text.slice(finding?.span.start, finding?.span.end)).toBe('<<: *base');
    expect(text.slice(finding?.origin?.start, finding?.origin?.end)).toContain('epochs: many');
    expect(finding?.fixes).toEqual([]);
  });

  test('a fault behind an alias is reported at the alias', () => {
    const text = `x-opt: &opt {type: nadam, lr: 1}\n${minimal}optimizer: *opt`;
    const [finding] = diagnose(text, unknownProject);
    expect(text.slice(finding?.span.start, finding?.span.end)).toBe('*opt');
  });

  test('a value from the environment has no type yet', () => {
    expect(check(`${minimal}optimizer: {lr: "\${env:LR}"}`)).toEqual([]);
  });
});

describe('hostile text is refused quickly and in words', () => {
  const bomb = [
    'x-a: &a [1,1,1,1,1,1,1,1,1]',
    ...'bcdefgh'.split('').map((name, index) => {
      const before = 'abcdefgh'[index] ?? 'a';
      return `x-${name}: &${name} [${Array.from({ length: 9 }, () => `*${before}`).join(',')}]`;
    }),
  ].join('\n');
  test.each([
    ['an alias bomb', `${bomb}\n${minimal}`],
    ['a megabyte and more', `${minimal}#${'x'.repeat(2 ** 20)}`],
    ['ten thousand levels', `${minimal}x-deep: ${'['.repeat(10_000)}`],
    [
      'ten thousand levels of blocks',
      `${minimal}x-deep:\n${Array.from({ length: 10_000 }, (_, depth) => `${' '.repeat(Math.min(depth, 80))}- - - - - -`).join('\n')}`,
    ],
    ['a prototype key', `${minimal}__proto__: {polluted: 1}`],
  ])('%s', (_, text) => {
    const before = process.cpuUsage();
    expect(diagnose(text, unknownProject).length).toBeGreaterThan(0);
    // Of the processor's own time, so that a busy machine does not count; an explosion would take minutes.
    expect(process.cpuUsage(before).user / 1e6).toBeLessThan(10);
    expect(({} as Record<string, unknown>)['polluted']).toBeUndefined();
  });
});

test('doubtful combinations are information', () => {
  const found = check(`${minimal}training: {epochs: 5, early_stopping: {patience: 9}}`);
  expect(found).toEqual([
    { at: '9', severity: 'information', message: expect.stringContaining('after 5 epochs') as string },
  ]);
});

test.each([
  ['model: {name: cnn}\ndata: {dataset: cifar10@v1, split: {group_by: patient}}', 'group_by', 'pictures'],
  ['model: {name: cnn}\ndata: {dataset: mnist}\nfeatures: [{name: age}]', 'features', 'have no columns'],
  ['model: {name: mlp}\ndata: {dataset: data/t.parquet, augment: [{flip: horizontal}]}', 'augment', 'is a table'],
])('what does not go with the kind of data is information: %j', (text, at, words) => {
  expect(check(text)).toEqual([{ at, severity: 'information', message: expect.stringContaining(words) as string }]);
});
