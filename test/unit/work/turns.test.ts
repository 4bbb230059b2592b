import { setTimeout as wait } from 'node:timers/promises';
import { expect, test } from 'vitest';
import type { Job } from '../../../sidecar/pipeline/job.ts';
import { createGate, createTurns } from '../../../sidecar/work/turns.ts';
import { recordedContext } from '../../support/job-context.ts';

const { context } = recordedContext();

test('jobs have their turn one after the other, in the order they were asked for, whatever becomes of one', async () => {
  const inTurn = createTurns();
  const told: string[] = [];
  const job: Job<string, string> = async (name) => {
    told.push(`${name} begins`);
    await wait(name === 'slow' ? 30 : 1);
    told.push(`${name} ends`);
    if (name === 'bad') throw new Error('no');
    return name;
  };
  const [one, other] = [inTurn(job), inTurn(job)];
  const results = await Promise.allSettled([one('slow', context), other('bad', context), one('last', context)]);
  expect(results.map(({ status }) => status)).toEqual(['fulfilled', 'rejected', 'fulfilled']);
  expect(told).toEqual(['slow begins', 'slow ends', 'bad begins', 'bad ends', 'last begins', 'last ends']);
});

test('one that was given up while it waited does not begin', async () => {
  const inTurn = createTurns();
  const stop = new AbortController();
  let begun = 0;
  const job = inTurn(async () => {
    begun += 1;
    await wait(10);
  });
  const first = job(null, context);
  const second = job(null, { ...context, signal: stop.signal });
  stop.abort(new Error('enough'));
  await first;
  await expect(second).rejects.toThrow('enough');
  expect(begun).toBe(1);
});

test('what must be alone waits for what goes on side by side, and nothing begins beside it', async () => {
  const gate = createGate();
  const told: string[] = [];
  const job: Job<string, null> = async (name) => {
    told.push(`${name} begins`);
    await wait(name === 'push' ? 30 : 5);
    told.push(`${name} ends`);
    if (name === 'fetch') throw new Error('no');
    return null;
  };
  const [transfer, collect] = [gate.beside(job), gate.alone(job)];
  const asked = [
    transfer('push', context),
    transfer('fetch', context),
    collect('gc', context),
    transfer('late', context),
  ];
  const results = await Promise.allSettled(asked);
  expect(results.map(({ status }) => status)).toEqual(['fulfilled', 'rejected', 'fulfilled', 'fulfilled']);
  expect(told).toEqual([
    ...['push begins', 'fetch begins', 'fetch ends', 'push ends'],
    ...['gc begins', 'gc ends', 'late begins', 'late ends'],
  ]);
});
