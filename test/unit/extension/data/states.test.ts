import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import type { SidecarEvent } from '../../../../sidecar/contract/events.ts';
import type { Client } from '../../../../sidecar/contract/routes.ts';
import { followDataStates, type LiveDataStates } from '../../../../extension/data/states.ts';
import { emptyProject, type Project } from '../../../../extension/sidecar/project.ts';
import type { SidecarState } from '../../../../extension/sidecar/process.ts';
import { createSignal } from '../../../../extension/signal.ts';
import { Fault } from '../../../../sidecar/faults.ts';
import { dataset } from '../sample.ts';

const LOOK_MS = 2_000;

let states: LiveDataStates;
beforeEach(() => void vi.useFakeTimers());
afterEach(() => {
  states.dispose();
  vi.useRealTimers();
});

const follow = (looked: () => Promise<number>) => {
  const events = createSignal<SidecarEvent>();
  const sidecarStates = createSignal<SidecarState>();
  const projects = createSignal<Project>();
  let project: Project = emptyProject;
  const looks: string[] = [];
  const warnings: string[] = [];
  const client: Partial<Client> = {
    listTrackedData: () => Promise.resolve({ data: [], unreadable: [] }),
    watchData: ({ path }) => {
      looks.push(`watch ${path}`);
      return Promise.resolve({ folders: 1, complete: true, lookEveryMs: null });
    },
    dataStatus: async ({ dataset: path }) => {
      looks.push(`look ${path}`);
      const changed = await looked();
      const difference = { from: 'v1', to: 'disk', added: 0, removed: 0, changed, files: [], truncated: false };
      return { version: dataset(1), equal: changed === 0, disk: { files: 1, bytes: 1 }, difference };
    },
  };
  states = followDataStates({
    sidecar: { client: () => client as Client, onEvent: events.listen, onState: sidecarStates.listen },
    live: { current: () => project, onChange: projects.listen },
    now: Date.now,
    log: { warn: (text) => warnings.push(text) },
  });
  return {
    looks,
    warnings,
    know: (next: Partial<Project>) => {
      project = { ...project, ...next };
      projects.send(project);
    },
    hear: (event: { type: 'datasetForgotten'; dataset: string; version: number }) =>
      events.send({ seq: 1, at: 1, ...event }),
    touch: () => events.send({ seq: 1, at: 1, type: 'dataTouched', path: 'data/images' }),
    restart: () => sidecarStates.send('ready'),
  };
};

test('a data set is watched and looked at when it appears, and its state is told', async () => {
  const told = vi.fn();
  const { looks, know } = follow(() => Promise.resolve(3));
  states.onChange(told);
  know({ datasets: [dataset(1), dataset(2)] });
  await vi.advanceTimersByTimeAsync(10);
  expect(looks).toEqual(['watch data/images', 'look data/images']);
  expect(states.current().get('data/images')).toMatchObject({ kind: 'changed', changed: 3, version: 1 });
  know({ runs: [] });
  await vi.advanceTimersByTimeAsync(60_000);
  expect(looks.length).toBe(2);
  expect(told).toHaveBeenCalledTimes(1);
});

test('many touches are one look, and the longer looks take, the rarer they are', async () => {
  const slow = () => new Promise<number>((resolve) => setTimeout(() => resolve(0), LOOK_MS));
  const { looks, know, touch } = follow(slow);
  know({ datasets: [dataset(1)] });
  await vi.advanceTimersByTimeAsync(LOOK_MS + 10);
  for (let at = 0; at < 600; at += 1) {
    touch();
    await vi.advanceTimersByTimeAsync(100);
  }
  // A minute of touching: one look every 12 s, which is five pauses and the look itself.
  expect(looks.filter((look) => look.startsWith('look')).length).toBeLessThanOrEqual(7);
  await vi.advanceTimersByTimeAsync(60_000);
  const before = looks.length;
  touch();
  await vi.advanceTimersByTimeAsync(LOOK_MS);
  expect(looks.length).toBe(before + 2);
});

test('data that no pointer names has no state, and nothing is said; another failure is logged', async () => {
  let fault = new Fault('version-missing', 'None.');
  const { warnings, know, touch } = follow(() => Promise.reject(fault));
  know({ datasets: [dataset(1)] });
  await vi.advanceTimersByTimeAsync(1_000);
  expect([states.current().size, warnings]).toEqual([0, []]);
  fault = new Fault('store-damaged', 'Broken.');
  touch();
  await vi.advanceTimersByTimeAsync(10_000);
  expect(warnings).toEqual(['The state of data/images is not known: Broken.']);
});

test('a sidecar that was started again is asked to watch again', async () => {
  const { looks, know, restart } = follow(() => Promise.resolve(0));
  know({ datasets: [dataset(1)] });
  await vi.advanceTimersByTimeAsync(5_000);
  restart();
  await vi.advanceTimersByTimeAsync(5_000);
  expect(looks.filter((look) => look.startsWith('watch')).length).toBe(2);
});

test('what a remote lacks is no longer told of data that has lost a version, and its state is looked at again', async () => {
  const { looks, know, hear } = follow(() => Promise.resolve(0));
  const other = dataset(1, { name: 'other', path: 'data/other', pointer: 'data/other.dvc' });
  know({ datasets: [dataset(1), dataset(2), other] });
  await vi.advanceTimersByTimeAsync(5_000);
  const of = (path: string) => ({ path, here: [], there: [], both: [] });
  states.keepRemote('storage', [of('data/images'), of('data/other')]);
  const told = vi.fn();
  states.onChange(told);
  hear({ type: 'datasetForgotten', dataset: 'images', version: 2 });
  expect([...states.remotes().keys()]).toEqual(['data/other']);
  expect(told).toHaveBeenCalledTimes(1);
  await vi.advanceTimersByTimeAsync(5_000);
  expect(looks.filter((look) => look === 'look data/images').length).toBe(2);
});
