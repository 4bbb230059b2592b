import { expect, test } from 'vitest';
import { createLeases } from '../../../sidecar/runs/leases.ts';

test('a client that falls silent is forgotten after fifteen seconds, one that renews is not', () => {
  let now = 0;
  const leases = createLeases(() => now);
  leases.renew('vscode');
  leases.renew('cli');
  now = 14_000;
  leases.renew('vscode');
  now = 16_000;
  expect(leases.count()).toBe(1);
  leases.release('vscode');
  expect(leases.count()).toBe(0);
});
