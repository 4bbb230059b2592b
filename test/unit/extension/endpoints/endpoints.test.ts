import { describe, expect, test } from 'vitest';
import type { SidecarEvent } from '../../../../sidecar/contract/events.ts';
import { curlCommand } from '../../../../sidecar/client/curl.ts';
import { collectEndpoints } from '../../../../extension/endpoints/rows.ts';
import { createDriftTeller } from '../../../../extension/endpoints/tell-drift.ts';
import type { Toast } from '../../../../extension/notify.ts';
import { emptyProject } from '../../../../extension/sidecar/project.ts';
import { endpoint, model } from '../sample.ts';

describe('rows of the endpoints', () => {
  test('an endpoint tells what it serves, its traffic and its latency', () => {
    const [row] = collectEndpoints({ ...emptyProject, endpoints: [endpoint()] });
    expect(row?.description).toBe('serving v7 · 37 requests · p95 41.23 ms');
    expect(row?.context).toBe('endpoint.serving');
  });

  test('an alarm is told in words and by the icon', () => {
    const drift = new Map([['digits', { alarm: true, sentence: 'It is darker.', features: ['brightness'] }]]);
    const [row] = collectEndpoints({ ...emptyProject, endpoints: [endpoint()], drift });
    expect(row?.description).toContain('⚠ drift: brightness');
    expect(row?.spoken).toContain('warning, drift: brightness');
    expect(row?.icon.name).toBe('warning');
  });

  test('what has not been measured is not shown as 0', () => {
    const [row] = collectEndpoints({
      ...emptyProject,
      endpoints: [endpoint({ requests: 0, latencyMs: { p50: null, p95: null } })],
    });
    expect(row?.description).toBe('serving v7');
    expect(row?.children.find(({ label }) => label === 'latency')?.description).toBe('no request measured yet');
  });
});

describe('the curl command', () => {
  const access = { url: 'http://127.0.0.1:5000', token: 'secret' };

  test('an image model is sent a file', () => {
    const text = curlCommand(access, model(1).features);
    expect(text).toContain('http://127.0.0.1:5000/predict');
    expect(text).toContain("'Authorization: Bearer secret'");
    expect(text).toContain('--data-binary @image.png');
  });

  test('a table is sent one row with the columns it was trained on, quoted for the shell', () => {
    const features = {
      ...model(1).features,
      inputShape: [2],
      columns: [
        { kind: 'number' as const, column: 'x', fill: 0.123456 },
        { kind: 'onehot' as const, column: 'who', categories: ["it's"] },
      ],
    };
    expect(curlCommand(access, features)).toContain(`-d '{"rows":[{"x":0.1235,"who":"it'\\''s"}]}'`);
    const encoded = {
      ...features,
      columns: [
        { kind: 'log1p' as const, column: 'price', fill: 2.5 },
        { kind: 'bucket' as const, column: 'age', boundaries: [30, 60] },
        { kind: 'date' as const, column: 'day', fill: [2026, 6.4, 15.2, 3, 11] },
        { kind: 'hash' as const, column: 'user', buckets: 8 },
      ],
    };
    expect(curlCommand(access, encoded)).toContain(
      `-d '{"rows":[{"price":2.5,"age":30,"day":"2026-06-15","user":"text"}]}'`,
    );
  });
});

test('a drift alarm is told once a day for each endpoint', () => {
  let now = 0;
  const told: string[] = [];
  const hear = createDriftTeller({
    now: () => now,
    toast: ({ message }: Toast) => told.push(message),
    openDrift: () => undefined,
  });
  const raise = (name: string) =>
    hear({
      type: 'driftAlarmRaised',
      endpoint: name,
      features: ['x'],
      sentence: `${name}: x moved.`,
      seq: 1,
      at: 1,
    } satisfies SidecarEvent);
  raise('a');
  raise('a');
  raise('b');
  now = 25 * 3_600_000;
  raise('a');
  expect(told).toEqual(['a: x moved.', 'b: x moved.', 'a: x moved.']);
});
