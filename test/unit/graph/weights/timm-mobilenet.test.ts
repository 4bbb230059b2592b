import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { fromTimmMobilenet } from '../../../../sidecar/graph/weights/timm-mobilenet.ts';

const { names } = JSON.parse(readFileSync('test/fixtures/timm-mobilenetv2-names.json', 'utf8')) as {
  names: [string, string][];
};

test('each of timm’s names becomes torchvision’s', () => {
  expect(names.length).toBe(314);
  expect(names.map(([timm]) => fromTimmMobilenet(timm))).toEqual(names.map(([, torchvision]) => torchvision));
});

test('torchvision’s own names stay', () => {
  expect(names.map(([, name]) => fromTimmMobilenet(name))).toEqual(names.map(([, name]) => name));
});
