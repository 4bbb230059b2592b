import { describe, expect, test, vi } from 'vitest';
import type { Connection } from '../../../../sidecar/client/connect.ts';
import type { SidecarEvent } from '../../../../sidecar/contract/events.ts';
import type { Client } from '../../../../sidecar/contract/routes.ts';
import { superviseSidecar, type SidecarState } from '../../../../extension/sidecar/process.ts';

/** A connection in memory whose other end can die. */
const connection = () => {
  const closers = new Set<(why: string) => void>();
  const hearers = new Set<(event: SidecarEvent) => void>();
  const shutdown = vi.fn(() => Promise.resolve({}));
  const made: Connection = {
    client: { shutdown } as unknown as Client,
    greeting: { version: '0.1.0', pid: 42 } as Connection['greeting'],
    onEvent: (listener) => {
      hearers.add(listener);
      return () => void hearers.delete(listener);
    },
    onClosed: (listener) => {
      closers.add(listener);
      return () => void closers.delete(listener);
    },
    dispose: vi.fn(() => Promise.resolve()),
  };
  return {
    made,
    shutdown,
    die: () => {
      for (const closer of closers) closer('killed');
    },
    tell: (event: SidecarEvent) => {
      for (const hear of hearers) hear(event);
    },
  };
};

const supervised = (connect: () => Promise<Connection>, mayStart = () => true) => {
  const waits: number[] = [];
  const states: SidecarState[] = [];
  let clock = 0;
  const sidecar = superviseSidecar({
    connect,
    mayStart,
    wait: (ms) => {
      waits.push(ms);
      clock += ms;
      return Promise.resolve();
    },
    now: () => clock,
    log: { info: () => undefined, warn: () => undefined },
  });
  sidecar.onState((state) => states.push(state));
  return { sidecar, waits, states };
};

describe('starting', () => {
  test('two needs at the same time start one sidecar', async () => {
    const connect = vi.fn(() => Promise.resolve(connection().made));
    const { sidecar, states } = supervised(connect);
    const [left, right] = await Promise.all([sidecar.ready(), sidecar.ready()]);
    expect(left).toBe(right);
    expect(connect).toHaveBeenCalledTimes(1);
    expect(states).toEqual(['starting', 'ready']);
  });

  test('nothing starts in an untrusted workspace, until it is trusted', async () => {
    const connect = vi.fn(() => Promise.resolve(connection().made));
    let trusted = false;
    const { sidecar, states } = supervised(connect, () => trusted);
    expect(sidecar.state()).toBe('restricted');
    await expect(sidecar.ready()).rejects.toThrow('Restricted Mode');
    expect(connect).not.toHaveBeenCalled();
    trusted = true;
    sidecar.allow();
    await sidecar.ready();
    expect(states).toEqual(['idle', 'starting', 'ready']);
  });

  test('a start that fails is tried again with growing waits, and given up in the end', async () => {
    const connect = vi.fn(() => Promise.reject(new Error('no memory')));
    const { sidecar, waits } = supervised(connect);
    await expect(sidecar.ready()).rejects.toThrow('no memory');
    expect(waits).toEqual([250, 500, 1000, 2000, 4000]);
    expect(connect).toHaveBeenCalledTimes(6);
    expect(sidecar.state()).toBe('failed');
  });

  test('what another start would only repeat is given up at once, and tried again when asked', async () => {
    const connect = vi.fn(() =>
      Promise.reject(Object.assign(new Error('Node 20 is too old.'), { code: 'node-too-old' })),
    );
    const { sidecar } = supervised(connect);
    await expect(sidecar.ready()).rejects.toThrow('too old');
    expect(connect).toHaveBeenCalledTimes(1);
    await expect(sidecar.ready()).rejects.toThrow('too old');
    expect(connect).toHaveBeenCalledTimes(2);
  });
});

describe('while it runs', () => {
  test('a sidecar that dies is started again, and its events are heard again', async () => {
    const [first, second] = [connection(), connection()];
    const connect = vi.fn().mockResolvedValueOnce(first.made).mockResolvedValueOnce(second.made);
    const { sidecar, states } = supervised(connect);
    const heard: SidecarEvent[] = [];
    sidecar.onEvent((event) => heard.push(event));
    await sidecar.ready();
    first.die();
    expect(sidecar.client()).toBeNull();
    expect(await sidecar.ready()).toBe(second.made.client);
    second.tell({ type: 'driftAlarmCleared' } as SidecarEvent);
    expect(heard).toHaveLength(1);
    expect(states).toEqual(['starting', 'ready', 'restarting', 'ready']);
  });

  test('a restart that is asked for shuts the old one down first', async () => {
    const [first, second] = [connection(), connection()];
    const connect = vi.fn().mockResolvedValueOnce(first.made).mockResolvedValueOnce(second.made);
    const { sidecar } = supervised(connect);
    await sidecar.ready();
    await sidecar.restart();
    expect(first.shutdown).toHaveBeenCalled();
    expect(sidecar.client()).toBe(second.made.client);
  });

  test('after the end nothing is started again', async () => {
    const first = connection();
    const connect = vi.fn(() => Promise.resolve(first.made));
    const { sidecar } = supervised(connect);
    await sidecar.ready();
    await sidecar.dispose();
    first.die();
    expect(connect).toHaveBeenCalledTimes(1);
  });
});
