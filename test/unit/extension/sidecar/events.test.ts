import { expect, test, vi } from 'vitest';
import type { SidecarEvent } from '../../../../sidecar/contract/events.ts';
import type { Client } from '../../../../sidecar/contract/routes.ts';
import { followProject } from '../../../../extension/sidecar/events.ts';
import type { SidecarState } from '../../../../extension/sidecar/process.ts';
import { createSignal } from '../../../../extension/signal.ts';
import { endpoint, run } from '../sample.ts';

const following = (client: Partial<Client>) => {
  const states = createSignal<SidecarState>();
  const events = createSignal<SidecarEvent>();
  const warnings: string[] = [];
  const live = followProject({
    sidecar: { client: () => client as Client, onState: states.listen, onEvent: events.listen },
    log: { warn: (text) => warnings.push(text) },
  });
  return {
    live,
    ready: () => states.send('ready'),
    tell: (event: unknown) => events.send(event as SidecarEvent),
    warnings,
  };
};

const quiet: Partial<Client> = {
  listRuns: () => Promise.resolve([run('r1')]),
  listDatasets: () => Promise.resolve([]),
  listModels: () => Promise.resolve([]),
  listEndpoints: () => Promise.resolve([endpoint()]),
  listDevices: () => Promise.resolve([]),
  getDrift: () => Promise.reject(new Error('No window has closed.')),
};

test('what happens while the project is being read is not lost', async () => {
  let answer: (runs: ReturnType<typeof run>[]) => void = () => undefined;
  const listRuns = () => new Promise<ReturnType<typeof run>[]>((resolve) => (answer = resolve));
  const { live, ready, tell } = following({ ...quiet, listRuns });
  ready();
  tell({ type: 'runChanged', run: run('r2', { status: 'running' }) });
  answer([run('r1')]);
  await vi.waitFor(() => {
    expect(live.current().runs.map(({ id }) => id)).toEqual(['r2', 'r1']);
  });
  live.dispose();
});

test('an alarm that rises while drift is asked for is not replaced by the answer, which is older', async () => {
  type Report = Awaited<ReturnType<Client['getDrift']>>;
  let answer: (report: Report) => void = () => undefined;
  let asked = false;
  const getDrift = () =>
    new Promise<Report>((resolve) => {
      asked = true;
      answer = resolve;
    });
  const { live, ready, tell } = following({ ...quiet, getDrift });
  ready();
  await vi.waitFor(() => {
    expect(asked).toBe(true);
  });
  const { name } = endpoint();
  tell({ type: 'driftAlarmRaised', endpoint: name, features: ['brightness'], sentence: 'It is darker.' });
  let changes = 0;
  live.onChange(() => (changes += 1));
  answer({ alarm: false, summary: 'All is quiet.', features: [] } as unknown as Report);
  await vi.waitFor(() => {
    expect(changes).toBeGreaterThan(0);
  });
  expect(live.current().drift.get(name)).toMatchObject({ alarm: true, features: ['brightness'] });
  live.dispose();
});

test('a hundred events are shown at once and then at most four times a second, the last one never lost', async () => {
  const { live, ready, tell } = following(quiet);
  const shown: number[] = [];
  live.onChange(({ runs }) => shown.push(runs.length));
  ready();
  await vi.waitFor(() => {
    expect(live.current().runs).toHaveLength(1);
  });
  for (let number = 2; number <= 100; number += 1) tell({ type: 'runChanged', run: run(`r${number}`) });
  await vi.waitFor(() => {
    expect(shown.at(-1)).toBe(100);
  });
  expect(shown.length).toBeLessThan(5);
  live.dispose();
});

test('devices that take long to probe keep nothing else waiting, and a failure of theirs hides nothing', async () => {
  const { live, ready, warnings } = following({ ...quiet, listDevices: () => Promise.reject(new Error('no driver')) });
  expect(live.current().read).toBe(false);
  ready();
  await vi.waitFor(() => {
    expect(warnings.join()).toContain('no driver');
  });
  expect(live.current()).toMatchObject({ read: true, devices: null });
  expect(live.current().runs).toHaveLength(1);
  live.dispose();
});

test('a project that cannot be read leaves what was known, and says so in the log', async () => {
  const { live, ready, warnings } = following({ ...quiet, listModels: () => Promise.reject(new Error('gone')) });
  ready();
  await vi.waitFor(() => {
    expect(warnings.join()).toContain('gone');
  });
  expect(live.current().runs).toEqual([]);
  live.dispose();
});
