import { expect, test } from 'vitest';
import { furtherInstalls } from '../../../tools/peers/install.ts';

const [torch, exporters] = [
  ['--no-deps', 'torch==2'],
  ['onnx==1', 'skl2onnx==1'],
];

test('a peer that was installed whole needs nothing', () => {
  expect(furtherInstalls([torch, exporters], [torch, exporters])).toEqual([]);
});

test('what its recipe has gained since is added', () => {
  expect(furtherInstalls([torch], [torch, exporters])).toEqual([exporters]);
});

test.each([
  ['that was never finished', null],
  ['of another version', [['--no-deps', 'torch==1'], exporters]],
  ['that had more than its recipe has now', [torch, exporters, ['timm']]],
])('a peer %s is installed anew', (_, done) => {
  expect(furtherInstalls(done, [torch, exporters])).toBeNull();
});
