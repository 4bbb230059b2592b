import { expect, test } from 'vitest';
import { endToast } from '../../../../extension/experiments/end-toast.ts';
import type { CommandId } from '../../../../extension/ids.ts';
import { run, stage } from '../sample.ts';

const told = (...[name, more]: Parameters<typeof run>) => {
  const executed: [CommandId, unknown][] = [];
  const toast = endToast(run(name, more), (command, argument) => executed.push([command, argument]));
  return { toast, executed };
};

test('a run that is done tells its result and its version', () => {
  const { toast } = told('r1', { model: { name: 'digits', version: 8 } });
  expect(toast?.message).toBe('r1 digits is done: accuracy 0.9891, registered as digits v8.');
  expect(toast?.actions.map(({ title }) => title)).toEqual(['Open Run']);
});

test('a version that waits can be promoted from where it is told', () => {
  const stages = [stage('deploy', { status: 'done' }), stage('monitor', { status: 'skipped' })];
  const { toast, executed } = told('r2', { model: { name: 'digits', version: 8 }, stages });
  expect(toast?.message).toContain('It waits to be promoted.');
  toast?.actions[0]?.act();
  expect(executed).toEqual([['trainyard.promoteModel', { subject: { kind: 'version', model: 'digits', version: 8 } }]]);
});

test('bad ends tell their reason; a run that was stopped by its user is not told', () => {
  expect(told('r3', { status: 'held', reasons: ['accuracy ≥ 0.9 failed.'] }).toast?.message).toBe(
    'r3 digits was held. accuracy ≥ 0.9 failed.',
  );
  const fault = { code: 'child-died' as const, message: 'The sidecar ended.' };
  expect(told('r4', { status: 'interrupted', fault }).toast?.message).toBe(
    'r4 digits was interrupted. The sidecar ended.',
  );
  expect(told('r5', { status: 'failed', fault }).toast?.level).toBe('error');
  expect(told('r6', { status: 'cancelled' }).toast).toBeNull();
});
