import { existsSync, mkdirSync, readFileSync, readdirSync, readlinkSync, statSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import fc from 'fast-check';
import { beforeAll, expect, test } from 'vitest';
import type { z } from 'zod';
import type { Progress } from '../../sidecar/contract/call.ts';
import type { SidecarEvent } from '../../sidecar/contract/events.ts';
import { FaultReport } from '../../sidecar/contract/fault.ts';
import type { Address } from '../../sidecar/contract/greeting.ts';
import { routes, type RouteName } from '../../sidecar/contract/routes.ts';
import type { Connection } from '../../sidecar/client/connect.ts';
import { addressOf, ask } from '../support/raw-sidecar.ts';
import { sharedWorkspace } from '../support/fresh-workspace.ts';
import { startSidecar, trainOnce, writeHalves } from '../support/workspace.ts';

const names = Object.keys(routes) as RouteName[];
const fieldsOf = (name: RouteName): string[] => Object.keys((routes[name].input as z.ZodObject).shape);

const root = sharedWorkspace();
let address: Address;
let connection: Connection;
beforeAll(async () => {
  writeHalves(root, 20);
  connection = await startSidecar(root);
  address = addressOf(root);
});

const doors = [...names.map((name) => ({ method: 'POST', path: `/${name}` })), { method: 'GET', path: '/events' }];
const nearlyTheToken = () => `Bearer ${address.token.slice(0, -1)}${address.token.endsWith('0') ? '1' : '0'}`;

test.each(doors)(
  '$method $path is closed to whoever has no token, a wrong one, or comes from a web page',
  async (door) => {
    const body = { ...door, ...(door.method === 'POST' ? { body: '{}' } : {}) };
    for (const authorization of [
      undefined,
      '',
      'Bearer',
      'Bearer ',
      nearlyTheToken(),
      address.token,
      `bearer ${address.token}`,
    ]) {
      const reply = await ask(address, { ...body, headers: { authorization } });
      expect(reply.status).toBe(401);
      expect(FaultReport.parse(reply.json).code).toBe('unauthorized');
    }
    for (const origin of ['null', 'http://localhost', 'vscode-webview://1']) {
      const reply = await ask(address, { ...body, headers: { origin } });
      expect(reply.status).toBe(403);
      expect(FaultReport.parse(reply.json).message).toBe('Requests from web pages are refused.');
    }
  },
);

test.each(names)('%s refuses what is not JSON, and JSON of another shape, in the words of a fault', async (name) => {
  const bodies = [
    '{',
    '{"a":',
    'null',
    '7',
    '"text"',
    '[]',
    '[{}]',
    ...fieldsOf(name).map((field) => `{"${field}": [[]]}`),
  ];
  for (const body of bodies) {
    const reply = await ask(address, { path: `/${name}`, body });
    expect(reply.status, body).toBe(400);
    expect(FaultReport.parse(reply.json).code, body).toBe('request-invalid');
  }
});

test('an unknown route, and a known one by another method, is 404', async () => {
  for (const asked of [
    { path: '/nothing', body: '{}' },
    { path: '/', body: '{}' },
    { path: '/hello/', body: '{' },
    { path: '/%', body: '{}' },
    { method: 'GET', path: '/hello' },
    { method: 'PUT', path: '/startRun', body: '{}' },
    { method: 'DELETE', path: '/events' },
  ]) {
    const reply = await ask(address, asked);
    expect([400, 404], asked.path).toContain(reply.status);
    expect(FaultReport.parse(reply.json).code).toBe('request-invalid');
  }
});

test('a body over 4 MB is refused and says so, one below is read', async () => {
  const bodyOf = (bytes: number) => JSON.stringify({ path: 'config/training.yaml', text: ' '.repeat(bytes) });
  const reply = await ask(address, { path: '/validateConfiguration', body: bodyOf(4.2e6) });
  expect(reply.status).toBe(400);
  expect(FaultReport.parse(reply.json).message).toBe('The request is larger than 4 MB.');
  expect((await ask(address, { path: '/validateConfiguration', body: bodyOf(1e6) })).status).toBe(200);
});

test('headers that describe a body wrongly are the fault of the request', async () => {
  for (const headers of [
    { 'content-encoding': 'br' },
    { 'content-encoding': 'nonsense' },
    { 'content-encoding': 'gzip' },
    { 'content-type': 'application/json; charset=klingon' },
  ]) {
    const reply = await ask(address, { path: '/listRuns', headers, body: '{"limit":1}' });
    expect(reply.status, JSON.stringify(headers)).toBe(400);
    expect(FaultReport.parse(reply.json).code).toBe('request-invalid');
  }
});

/** Each call of these starts a child process. */
const slow: readonly RouteName[] = ['listDevices', 'examine', 'versionDataset'];
const plausible = fc.constantFrom<unknown>(
  ...[
    'r1',
    'halves',
    'champion',
    'cpu',
    'data',
    'data/raw/halves',
    '../..',
    '/etc/passwd',
    'a\0b',
    '__proto__',
    '',
    '{',
    '${env:X}',
  ],
  ...[
    -1,
    0,
    1,
    1.5,
    1e9,
    1e300,
    true,
    null,
    ['r1'],
    ['r1', 'r1'],
    [],
    {},
    { 'optimizer.lr': '{' },
    { '__proto__.x': '1' },
  ],
);
const anyBody = (name: RouteName) =>
  fc.oneof(
    fc.jsonValue(),
    fc.record(Object.fromEntries(fieldsOf(name).map((field) => [field, fc.oneof(plausible, fc.jsonValue())])), {
      requiredKeys: [],
    }),
    fc.record(Object.fromEntries(fieldsOf(name).map((field) => [field, plausible]))),
  );

test.each(names.filter((name) => name !== 'shutdown'))(
  'no body makes %s fail by a bug, or ends the sidecar',
  { timeout: 60_000 },
  async (name) => {
    await fc.assert(
      fc.asyncProperty(anyBody(name), async (body) => {
        const reply = await ask(address, { path: `/${name}`, body: JSON.stringify(body) });
        if (reply.status === 200) routes[name].output.parse(reply.json);
        else {
          FaultReport.parse(reply.json);
          expect(reply.status, reply.text).toBeLessThan(500);
        }
      }),
      { numRuns: slow.includes(name) ? 8 : 60 },
    );
    expect((await connection.client.hello({})).pid).toBe(connection.greeting.pid);
  },
);

test('a client hears how far its work is, and the work ends when the client goes', async () => {
  for (const folder of ['many/one', 'many/two']) mkdirSync(join(root, folder), { recursive: true });
  for (let at = 0; at < 4_000; at += 1) writeFileSync(join(root, 'many', at % 2 ? 'one' : 'two', `${at}.txt`), `${at}`);
  const heard: Progress[] = [];
  const ending = new AbortController();
  const onProgress = (progress: Progress) => {
    heard.push(progress);
    ending.abort();
  };
  const call = connection.client.versionDataset({ path: 'many' }, { onProgress, signal: ending.signal });
  await expect(call).rejects.toMatchObject({ code: 'cancelled' });
  const { pid } = connection.greeting;
  await expect.poll(() => readOf(pid, `task/${pid}/children`).trim(), { timeout: 20_000 }).toBe('');
  expect(await versionsOf('many')).toEqual([]);
  const { name } = await connection.client.versionDataset({ path: 'many' }, { onProgress: (one) => heard.push(one) });
  expect(name).toBe('many');
  expect(heard.length).toBeGreaterThan(1);
  for (const { fraction } of heard) expect(fraction ?? 0).toBeLessThanOrEqual(1);
  expect(await versionsOf('many')).toEqual([1]);
});

test('data that a client watches is told of when it is touched, whatever has no version yet', async () => {
  mkdirSync(join(root, 'data/fresh'), { recursive: true });
  expect(await connection.client.watchData({ path: './data/fresh/' })).toMatchObject({ folders: 2, complete: true });
  const told: string[] = [];
  const stop = connection.onEvent((event) => event.type === 'dataTouched' && told.push(event.path));
  writeFileSync(join(root, 'data/fresh/a.txt'), 'a');
  await expect.poll(() => told, { timeout: 10_000 }).toContain('data/fresh');
  stop();
  await expect(connection.client.watchData({ path: '../elsewhere' })).rejects.toMatchObject({
    code: 'dataset-unreadable',
  });
});

const versionsOf = async (data: string): Promise<readonly number[]> =>
  (await connection.client.listDatasets({})).filter(({ name }) => name === data).map(({ version }) => version);

test('the socket and the address file are for their owner alone', () => {
  const mode = (path: string) => (statSync(path).mode & 0o777).toString(8);
  expect(mode(address.socket)).toBe('600');
  expect(mode(dirname(address.socket))).toBe('700');
  expect(mode(join(root, '.trainyard/sidecar.json'))).toBe('600');
  expect(mode(join(root, '.trainyard'))).toBe('700');
  expect(statSync(address.socket).uid).toBe(process.getuid?.());
});

/** A file of a process; empty when the process has ended meanwhile. */
const readOf = (pid: number, name: string): string => {
  try {
    return readFileSync(`/proc/${pid}/${name}`, 'utf8');
  } catch {
    return '';
  }
};

/** Process ids of the sidecar and of everything it has started. */
const family = (pid: number): number[] => {
  const children = readOf(pid, `task/${pid}/children`).split(' ').filter(Boolean).map(Number);
  return [pid, ...children.flatMap(family)];
};

/** Ports on which a process listens: its sockets, looked up in the system's table. */
const listeningPorts = (pid: number): number[] => {
  const folder = `/proc/${pid}/fd`;
  const sockets = readdirSync(folder).flatMap(
    (name) => /^socket:\[(\d+)\]$/.exec(readlinkSync(join(folder, name)))?.[1] ?? [],
  );
  const rows = ['tcp', 'tcp6'].flatMap((table) =>
    readFileSync(`/proc/${pid}/net/${table}`, 'utf8').split('\n').slice(1),
  );
  return rows
    .map((row) => row.trim().split(/\s+/))
    .filter((cells) => cells[3] === '0A' && sockets.includes(cells[9] ?? ''))
    .map((cells) => parseInt(cells[1]?.split(':')[1] ?? '', 16));
};

test.runIf(process.platform === 'linux')(
  'a training opens no TCP port and shows the token nowhere; an endpoint opens exactly the one it tells',
  async () => {
    const { pid } = connection.greeting;
    const seen = new Set<string>();
    const stop = connection.onEvent(() => {
      for (const member of family(pid)) {
        seen.add(readOf(member, 'cmdline'));
        seen.add(readOf(member, 'environ'));
      }
    });
    const run = await trainOnce(connection);
    stop();
    expect(run.status).toBe('done');
    expect(seen.size).toBeGreaterThan(3);
    expect([...seen].filter((text) => text.includes(address.token))).toEqual([]);
    expect(listeningPorts(pid)).toEqual([]);

    const access = await connection.client.openEndpoint({ model: 'halves' });
    expect(listeningPorts(pid)).toEqual([Number(new URL(access.url ?? '').port)]);
    await connection.client.closeEndpoint({ endpoint: 'halves' });
    expect(listeningPorts(pid)).toEqual([]);

    // The address file is the one place where the token may stand.
    const files = readdirSync(join(root, '.trainyard'), { recursive: true, withFileTypes: true })
      .filter((entry) => entry.isFile() && entry.name !== 'sidecar.json')
      .map((entry) => join(entry.parentPath, entry.name));
    expect(files.some((file) => file.endsWith('sidecar.log'))).toBe(true);
    expect(files.filter((file) => readFileSync(file).includes(address.token))).toEqual([]);
  },
);

test('events come numbered without a gap, in the same order for every listener', async () => {
  const second = await startSidecar(root);
  const heard: SidecarEvent[][] = [[], []];
  const stops = [connection, second].map((one, at) => one.onEvent((event) => heard[at]?.push(event)));
  const run = await trainOnce(connection, { fresh: true, until: 'evaluate' });
  await expect.poll(() => heard[1]?.length).toBe(heard[0]?.length);
  for (const stop of stops) stop();
  const numbers = heard[0]?.map((event) => event.seq) ?? [];
  expect(numbers.length).toBeGreaterThan(10);
  expect(numbers).toEqual(numbers.map((_, at) => (numbers[0] ?? 0) + at));
  expect(heard[1]).toEqual(heard[0]);
  const times = heard[0]?.map((event) => event.at) ?? [];
  expect(times).toEqual([...times].sort((a, b) => a - b));
  expect(heard[0]?.at(-1)).toMatchObject({ type: 'runChanged', run: { id: run.id, status: 'done' } });
});

test('a file that cannot be written to is named by export', async () => {
  writeFileSync(join(root, 'plain'), '');
  for (const to of ['data', 'plain/model.onnx', 'no/such/folder/model.onnx', 'a\0b']) {
    const reply = await ask(address, {
      path: '/exportModel',
      body: JSON.stringify({ model: 'halves', version: 1, to }),
    });
    expect(reply.status, reply.text).toBe(400);
    expect(FaultReport.parse(reply.json).code).toBe('request-invalid');
  }
  expect(existsSync(join(root, 'no'))).toBe(false);
});
