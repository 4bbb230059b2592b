import { expect, test } from 'vitest';
import { nextWait } from '../../../../extension/sidecar/backoff.ts';

test('the first start waits for nothing, and each failure waits longer', () => {
  expect(nextWait([], 0)).toBe(0);
  const waits = [1, 2, 3, 4, 5].map((count) =>
    nextWait(
      Array.from({ length: count }, () => 1000),
      2000,
    ),
  );
  expect(waits).toEqual([250, 500, 1000, 2000, 4000]);
});

test('six failures within three minutes are the end, and older ones are forgotten', () => {
  expect(nextWait([1, 2, 3, 4, 5, 6], 1000)).toBeNull();
  expect(nextWait([1, 2, 3, 4, 5, 6], 200_000)).toBe(0);
});
