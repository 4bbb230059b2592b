import { expect, test, vi } from 'vitest';
import type { SidecarEvent } from '../../../../sidecar/contract/events.ts';
import type { Client } from '../../../../sidecar/contract/routes.ts';
import type { Envelope } from '../../../../webview/contract/envelope.ts';
import { createFeed } from '../../../../extension/page/feed.ts';
import type { SidecarState } from '../../../../extension/sidecar/process.ts';
import { createSignal } from '../../../../extension/signal.ts';

const fed = (load: () => Promise<number>) => {
  const states = createSignal<SidecarState>();
  const events = createSignal<SidecarEvent>();
  const sent: Envelope<number>[] = [];
  const feed = createFeed<number>({
    sidecar: {
      client: () => null,
      ready: () => Promise.resolve({} as Client),
      state: () => 'ready',
      onState: states.listen,
      onEvent: events.listen,
    },
    load,
    concerns: ({ type }) => type === 'metricsLogged',
    everyMs: 5,
    send: (message) => sent.push(message),
    now: () => 77,
  });
  return { feed, sent, events, states };
};
const logged = { type: 'metricsLogged' } as SidecarEvent;

test('a page is sent everything at first, and again after an event that concerns it', async () => {
  let count = 0;
  const { feed, sent, events } = fed(() => Promise.resolve((count += 1)));
  feed.refresh();
  await vi.waitFor(() => expect(sent).toEqual([{ type: 'snapshot', content: 1, staleSince: null }]));
  events.send({ type: 'lineLogged' } as SidecarEvent);
  events.send(logged);
  await vi.waitFor(() => expect(sent).toHaveLength(2));
  feed.dispose();
  events.send(logged);
  expect(sent).toHaveLength(2);
});

test('events during a reading lead to one more reading, never to two at once', async () => {
  let reading = 0;
  let most = 0;
  let done = 0;
  const { feed, events } = fed(async () => {
    reading += 1;
    most = Math.max(most, reading);
    await new Promise((resolve) => setTimeout(resolve, 15));
    reading -= 1;
    return (done += 1);
  });
  feed.refresh();
  for (let index = 0; index < 50; index += 1) events.send(logged);
  await vi.waitFor(() => expect(done).toBeGreaterThanOrEqual(2));
  await new Promise((resolve) => setTimeout(resolve, 60));
  expect(most).toBe(1);
  expect(done).toBeLessThan(4);
  feed.dispose();
});

test('when the sidecar goes away the last content stays, marked with the time', async () => {
  const { feed, sent, states } = fed(() => Promise.resolve(1));
  feed.refresh();
  await vi.waitFor(() => expect(sent).toHaveLength(1));
  states.send('restarting');
  expect(sent.at(-1)).toEqual({ type: 'snapshot', content: 1, staleSince: 77 });
  states.send('ready');
  await vi.waitFor(() => expect(sent.at(-1)).toEqual({ type: 'snapshot', content: 1, staleSince: null }));
  feed.dispose();
});

test('what cannot be read is said in words', async () => {
  const { feed, sent } = fed(() =>
    Promise.reject(Object.assign(new Error('There is no run r9.'), { code: 'run-missing', hint: 'List the runs.' })),
  );
  feed.refresh();
  await vi.waitFor(() =>
    expect(sent).toEqual([{ type: 'failed', message: 'There is no run r9.', hint: 'List the runs.' }]),
  );
  feed.dispose();
});
