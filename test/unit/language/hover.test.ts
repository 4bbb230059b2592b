import { expect, test } from 'vitest';
import { hover } from '../../../sidecar/language/hover.ts';
import { unknownProject } from '../../../sidecar/language/project.ts';
import { cursor } from './cursor.ts';

const at = (marked: string, project = unknownProject) => hover(...cursor(marked), project);

test('hover explains a setting in the words of its schema, with range and default', () => {
  const text = at('training:\n  epo|chs: 20')?.text ?? '';
  expect(text).toContain('**training.epochs**');
  expect(text).toContain('How many times training sees every row');
  expect(text).toContain('integer at least 1, at most 100000');
  expect(text).toContain('default `10`');
});

test('hover over the batch size and the model tells how much memory training takes, where the images are known', () => {
  const file = (batch: string, more = '') =>
    `model: {name: resnet18}\ndata: {dataset: cifar10, batch_size: ${batch}}\n${more}`;
  const bytesOf = (text: string | undefined) => Number(/about ([\d.]+) GB/.exec(text ?? '')?.[1]);
  const small = bytesOf(at(file('6|4'))?.text);
  expect(small).toBeGreaterThan(0.9);
  expect(small).toBeLessThan(1.6);
  expect(bytesOf(at(file('51|2'))?.text)).toBeGreaterThan(2 * small);
  // A moving average is one more copy of the weights, in two buffers.
  expect(bytesOf(at(file('6|4', 'training: {ema: 0.999}'))?.text)).toBeGreaterThan(small);
  expect(at(file('au|to'))?.text).toContain('With 64 rows a batch training takes about');
  expect(at('model: {name: res|net18}\ndata: {dataset: mnist}')?.text).toContain('of memory on the processor');
  const folder = (more: string) => at(`model: {name: cnn}\ndata: {dataset: data/images, batch_size: 6|4${more}}`)?.text;
  expect(folder(', image_size: 32, channels: 3')).toContain('MB of memory on the processor');
  expect(folder('')).not.toContain('memory on the processor');
});

test('hover explains a check of the data key by key', () => {
  const text = at('data:\n  dataset: t.csv\n  checks:\n    - {column: age, missing_at|_most: 0.1}')?.text;
  expect(text).toContain('largest share of rows without a value, 0 to 1');
  expect(at('data:\n  che|cks:\n    - {unique: rows}')?.text).toContain('Conditions that the data must meet');
});

test('hover over a block has its words although the block has a default', () => {
  expect(at('optim|izer:\n  lr: 1')?.text).toContain('How weights are changed');
});

test('hover over a value tells what the project knows of it', () => {
  const project = {
    ...unknownProject,
    devices: [{ id: 'cpu', name: 'Xeon, 2 cores', engine: 'onnx' as const, freeBytes: null, memoryBytes: null }],
    datasets: [
      { name: 'a.csv', version: 1, path: 'data/a.csv', files: 1, bytes: 500 },
      { name: 'images', version: 2, path: 'data/images', files: 9, bytes: 900 },
      { name: 'images', version: 3, path: 'data/images', files: 1200, bytes: 11_300_000 },
    ],
  };
  expect(at('training: {device: c|pu}', project)?.text).toContain('Xeon, 2 cores');
  expect(at('data: {dataset: data/a|.csv}', project)?.text).toContain('a.csv v1: 1 file · 500 B');
  expect(at('data: {dataset: ./data/im|ages}', project)?.text).toContain('images v3: 1,200 files · 11.3 MB');
  expect(at('data: {dataset: data/im|ages@v2}', project)?.text).toContain('images v2: 9 files · 900 B');
});

test('hover covers exactly the word, and is silent where the schema is', () => {
  expect(at('training:\n  epo|chs: 20')?.span).toEqual({ start: 12, end: 18 });
  expect(at('x-note: he|re')).toBeNull();
  expect(at('model:\n  name: cnn\n|')).toBeNull();
});
