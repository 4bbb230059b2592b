import { expect, test } from 'vitest';
import { readLoad } from '../../../sidecar/engines/nvidia.ts';

test('the load of a card is read from what its driver prints', () => {
  expect(readLoad('37, 1234\n')).toEqual({ gpu_percent: 37, gpu_memory_mb: 1234 });
});

test.each(['', '[N/A], 1234\n', 'No devices were found\n'])('a driver that does not tell tells nothing: %j', (line) => {
  expect(readLoad(line)).toBeNull();
});
