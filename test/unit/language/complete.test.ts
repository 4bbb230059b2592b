import fc from 'fast-check';
import { readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { complete, type Completion } from '../../../sidecar/language/complete.ts';
import { unknownProject, type ProjectState } from '../../../sidecar/language/project.ts';
import { cursor } from './cursor.ts';

const at = (marked: string, project: ProjectState = unknownProject): readonly Completion[] =>
  complete(...cursor(marked), project);
const labels = (marked: string, project?: ProjectState) => at(marked, project).map(({ label }) => label);

describe('keys', () => {
  test('an empty file offers the required keys first', () => {
    expect(labels('|').slice(0, 2)).toEqual(['model', 'data']);
    expect(labels('|')).toContain('training');
  });

  test('keys that are there already are not offered again', () => {
    const offered = labels('model:\n  name: cnn\ndata:\n  dataset: mnist\n|');
    expect(offered).not.toContain('model');
    expect(offered).not.toContain('data');
    expect(offered[0]).toBe('name');
  });

  test('a half-typed key between two others is offered from its own block', () => {
    expect(labels('training:\n  epochs: 20\n  dev|\n  seed: 1')).toContain('device');
    expect(labels('training:\n  epochs: 20\n  dev|\n  seed: 1')).not.toContain('epochs');
    expect(labels('training:\n  epochs: 20\n  dev|\n  seed: 1')).not.toContain('model');
  });

  test('an empty line belongs to the block of its indentation', () => {
    expect(labels('training:\n  epochs: 20\n  |\noptimizer:\n  lr: 1')).toContain('early_stopping');
    expect(labels('training:\n  epochs: 20\n|\noptimizer:\n  lr: 1')).toContain('gates');
  });

  test('the first key of a block that is still empty', () => {
    expect(labels('model:\n  |')[0]).toBe('name');
  });

  test('keys inside braces and in the items of a list', () => {
    expect(labels('optimizer: {ty|}')).toContain('type');
    expect(labels('optimizer: {type: adam, |}')).not.toContain('type');
    expect(labels('gates:\n  - |')[0]).toBe('metric');
    expect(labels('gates:\n  - metric: accuracy\n    |')).toContain('at_least');
    expect(labels('data:\n  checks:\n    - column: age\n      |')).toEqual(
      expect.arrayContaining(['at_most', 'on_fail']),
    );
    expect(labels('data:\n  checks:\n    - {count: |}')).toEqual(['rows', 'files', 'each_class']);
    expect(labels('data:\n  augment:\n    - {|}')).toContain('flip');
  });

  test('renaming a key replaces the whole word and leaves its colon alone', () => {
    const [text, offset] = cursor('training:\n  ep|chs: 20');
    const epochs = complete(text, offset, unknownProject).find(({ label }) => label === 'epochs');
    expect(epochs?.insert).toBe('epochs');
    expect(text.slice(epochs?.span.start, epochs?.span.end)).toBe('epchs');
  });

  test('a key comes with a placeholder: the default, the choices, or the required key of its block', () => {
    const insert = (marked: string, label: string) => at(marked).find((one) => one.label === label)?.insert;
    expect(insert('|', 'model')).toBe('model:\n  name: ${1:resnet18}');
    expect(insert('training:\n  |', 'epochs')).toBe('epochs: ${1:10}');
    expect(insert('optimizer:\n  |', 'type')).toBe('type: ${1|adam,sgd,adamw,rmsprop|}');
    expect(insert('|', 'gates')).toBe('gates:\n  - metric: ${1:accuracy}');
    expect(insert('|', 'optimizer')).toBe('optimizer:\n  $1');
    expect(insert('gates:\n  - metric: a\n    |', 'slice')).toBe('slice: { $1 }');
  });

  test('documentation carries the words of the schema, the range and the default', () => {
    const batch = at('data:\n  |').find(({ label }) => label === 'batch_size');
    expect(batch?.documentation).toContain('Rows per training step');
    expect(batch?.documentation).toContain('at least 1, at most 65536');
    expect(batch?.documentation).toContain('default `64`');
  });
});

describe('values', () => {
  test('choices come with the default first', () => {
    expect(labels('optimizer:\n  type: |')).toEqual(['adam', 'sgd', 'adamw', 'rmsprop']);
    expect(labels('data:\n  split: {stratify: |}')).toEqual(['true', 'false']);
    expect(labels('optimizer:\n  lr: |')).toEqual(['0.001']);
  });

  test('architectures and built-in data sets', () => {
    expect(labels('model:\n  name: res|')).toEqual(expect.arrayContaining(['resnet50', 'cnn', 'mlp', 'linear']));
    expect(labels('data:\n  dataset: |')).toEqual(['cifar10', 'cifar100', 'mnist', 'fashion-mnist']);
  });

  test('devices and data versions come from the project', () => {
    const project: ProjectState = {
      ...unknownProject,
      devices: [{ id: 'cuda:0', name: 'RTX 4090', engine: 'onnx', freeBytes: 21.3e9, memoryBytes: 24e9 }],
      datasets: [{ name: 'images', version: 3, path: 'data/raw/images', files: 60_000, bytes: 11e6 }],
    };
    expect(labels('training:\n  device: cuda:|', project)).toEqual(['auto', 'cuda:0']);
    expect(at('training:\n  device: |', project)[1]?.detail).toBe('RTX 4090 · 21.3 of 24.0 GB free');
    expect(labels('data:\n  dataset: |', project)[0]).toBe('data/raw/images@v3');
  });

  test('files of models come from the workspace, those with a model first of all behind the names', () => {
    const project: ProjectState = { ...unknownProject, modelFiles: ['models/net.onnx', 'weights/a.safetensors'] };
    expect(labels('model:\n  name: |', project).slice(-1)).toEqual(['models/net.onnx']);
    expect(labels('model:\n  pretrained: |', project)).toEqual(
      expect.arrayContaining(['true', 'false', 'models/net.onnx', 'weights/a.safetensors']),
    );
  });

  test('a device with a colon is replaced as a whole', () => {
    const [text, offset] = cursor('training:\n  device: cuda:0|');
    const [first] = complete(text, offset, unknownProject);
    expect(text.slice(first?.span.start, first?.span.end)).toBe('cuda:0');
  });

  test('nothing is offered in a comment, under an x- key or for free text', () => {
    expect(labels('# mod|')).toEqual([]);
    expect(labels('x-base:\n  |')).toEqual([]);
    expect(labels('data:\n  target: |')).toEqual([]);
  });
});

test('completion answers at every prefix of every file of the corpus', () => {
  const corpus = join(import.meta.dirname, 'corpus');
  for (const name of readdirSync(corpus)) {
    const text = readFileSync(join(corpus, name), 'utf8');
    for (let end = 0; end <= text.length; end += 3) {
      expect(Array.isArray(complete(text.slice(0, end), end, unknownProject))).toBe(true);
    }
  }
});

test('completion never throws, whatever the text', () => {
  const piece = fc.constantFrom(
    'model:',
    '\n',
    '  ',
    '- ',
    '{',
    '}',
    '[',
    ']',
    '&a',
    '*a',
    '<<: ',
    ':',
    '#',
    '"',
    "'",
    'x',
    '|',
    '\t',
    '---\n',
  );
  fc.assert(
    fc.property(fc.array(piece, { maxLength: 30 }), fc.nat(), (pieces, seed) => {
      const text = pieces.join('');
      complete(text, seed % (text.length + 1), unknownProject);
    }),
  );
});
