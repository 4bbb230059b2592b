import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { connect } from '../../sidecar/client/connect.ts';
import { CONTRACT_VERSION } from '../../sidecar/contract/greeting.ts';
import { entryPath } from '../../sidecar/work/entry.ts';
import { addressOf, ask, killSidecars, spawnSidecar } from '../support/raw-sidecar.ts';
import { freshFolder } from '../support/fresh-folder.ts';
import { freshWorkspace } from '../support/fresh-workspace.ts';
import { startSidecar, writeHalves } from '../support/workspace.ts';

let root: string;
beforeEach(() => {
  root = freshWorkspace();
});
afterEach(killSidecars);

const find = () => connect({ workspace: root, clientName: 'seeker', entry: entryPath('main'), start: 'never' });
const addressFile = () => join(root, '.trainyard/sidecar.json');

test('a second sidecar for the same workspace ends with 75 and leaves the first alone', async () => {
  const first = await spawnSidecar(root);
  const before = readFileSync(addressFile(), 'utf8');
  const second = await spawnSidecar(root);
  expect(second.greeting).toBeNull();
  expect(await second.exitCode).toBe(75);
  expect(readFileSync(addressFile(), 'utf8')).toBe(before);
  const reply = await ask(addressOf(root), { path: '/hello', body: '{}' });
  expect(reply.json).toMatchObject({ pid: first.greeting?.pid, startId: first.greeting?.startId });
});

test('nobody needs it: it ends by itself after its idle time, and removes its address', async () => {
  const started = performance.now();
  const sidecar = await spawnSidecar(root, { idleMs: 300 });
  expect(existsSync(addressFile())).toBe(true);
  expect(await sidecar.exitCode).toBe(0);
  expect(performance.now() - started).toBeLessThan(15_000);
  expect(existsSync(addressFile())).toBe(false);
  expect(sidecar.log()).toContain('nobody needs it');
});

test('it stays while a client holds a lease, and ends when the lease is given back', async () => {
  const sidecar = await spawnSidecar(root, { idleMs: 300 });
  const connection = await find();
  await sleep(2_000);
  expect(sidecar.child.exitCode).toBeNull();
  await connection.dispose();
  expect(await sidecar.exitCode).toBe(0);
});

test('it stays while a run is under way, with no client left, and ends after it', async () => {
  writeHalves(root, 20);
  const sidecar = await spawnSidecar(root, { idleMs: 300 });
  const address = addressOf(root);
  const overrides = { 'training.epochs': '100000' };
  await ask(address, { path: '/startRun', body: JSON.stringify({ configuration: 'config/training.yaml', overrides }) });
  await sleep(3_000);
  expect(sidecar.child.exitCode).toBeNull();
  await ask(address, { path: '/cancelRun', body: '{"run":"r1"}' });
  expect(await sidecar.exitCode).toBe(0);
});

test('a listener of events alone keeps nobody: what counts is the lease', async () => {
  const sidecar = await spawnSidecar(root, { idleMs: 500 });
  const stream = ask(addressOf(root), { method: 'GET', path: '/events' }).catch(() => null);
  expect(await sidecar.exitCode).toBe(0);
  await stream;
});

test('killed with -9, the next start works at once, whatever the dead one left behind', async () => {
  const first = await spawnSidecar(root);
  const { socket, token } = addressOf(root);
  first.child.kill('SIGKILL');
  await first.exitCode;
  expect(existsSync(socket)).toBe(true);
  expect(existsSync(addressFile())).toBe(true);
  const second = await startSidecar(root);
  expect(second.greeting.pid).not.toBe(first.greeting?.pid);
  const reply = await ask({ ...addressOf(root), token }, { path: '/hello', body: '{}' });
  expect(reply.status).toBe(401);
});

test.each([
  ['is cut off', '{"startId":"x","pi'],
  ['is no JSON', 'nonsense'],
  ['names nobody', '{}'],
  [
    'names a socket where nobody listens',
    JSON.stringify({
      startId: 'x',
      pid: process.pid,
      socket: '/tmp/nobody.sock',
      token: 'x'.repeat(64),
      contract: CONTRACT_VERSION,
    }),
  ],
  [
    'speaks another contract for a process that is no sidecar',
    JSON.stringify({
      startId: 'x',
      pid: process.pid,
      socket: '/tmp/nobody.sock',
      token: 'x'.repeat(64),
      contract: CONTRACT_VERSION + 1,
    }),
  ],
])('a stale address file that %s does not matter', async (_, text) => {
  mkdirSync(join(root, '.trainyard'));
  writeFileSync(addressFile(), text);
  const connection = await startSidecar(root);
  expect(addressOf(root).startId).toBe(connection.greeting.startId);
});

test('a file that lies where the socket goes does not matter', async () => {
  const first = await spawnSidecar(root);
  const { socket } = addressOf(root);
  first.child.kill('SIGKILL');
  await first.exitCode;
  rmSync(socket);
  writeFileSync(socket, 'left by someone');
  await startSidecar(root);
  expect((await ask(addressOf(root), { path: '/hello', body: '{}' })).status).toBe(200);
});

test('client and sidecar of different contracts refuse each other with a sentence', async () => {
  const sidecar = await spawnSidecar(root);
  writeFileSync(addressFile(), JSON.stringify({ ...addressOf(root), contract: CONTRACT_VERSION + 1 }));
  await expect(find()).rejects.toMatchObject({
    code: 'contract-mismatch',
    message: `The running sidecar speaks contract ${CONTRACT_VERSION + 1}, this program ${CONTRACT_VERSION}.`,
  });
  expect(sidecar.child.exitCode).toBeNull();

  const other = freshFolder();
  const refused = await spawnSidecar(other, { contract: CONTRACT_VERSION + 1 });
  expect(refused.greeting).toBeNull();
  expect(await refused.exitCode).not.toBe(0);
  expect(refused.log()).toContain('speaks contract');
});

test('doctor --stop ends a sidecar of another contract too, as the refusal advises', async () => {
  const sidecar = await spawnSidecar(root);
  writeFileSync(addressFile(), JSON.stringify({ ...addressOf(root), contract: CONTRACT_VERSION + 1 }));
  const program = join(import.meta.dirname, '../../bin/trainyard.mjs');
  const said = spawnSync(process.execPath, [program, 'doctor', '--stop', '-C', root], { encoding: 'utf8' });
  expect(said).toMatchObject({ status: 0, stderr: '', stdout: 'The sidecar has been told to end.\n' });
  expect(await sidecar.exitCode).toBe(0);
});

test('an invitation that is none ends the process with a sentence, and touches nothing', () => {
  for (const input of ['', '{', '{"token":"short"}']) {
    const said = spawnSync(process.execPath, [entryPath('main')], { input, encoding: 'utf8', cwd: root });
    expect(said.status).toBe(70);
    expect(said.stdout).toBe('');
    expect(JSON.parse(said.stderr)).toMatchObject({ level: 'error' });
  }
  expect(existsSync(join(root, '.trainyard'))).toBe(false);
});

test('SIGTERM ends it tidily: runs cancelled, address gone, exit code 0', async () => {
  writeHalves(root, 20);
  const sidecar = await spawnSidecar(root);
  const overrides = { 'training.epochs': '100000' };
  await ask(addressOf(root), {
    path: '/startRun',
    body: JSON.stringify({ configuration: 'config/training.yaml', overrides }),
  });
  await sleep(1_500);
  sidecar.child.kill('SIGTERM');
  expect(await sidecar.exitCode).toBe(0);
  expect(existsSync(addressFile())).toBe(false);
  const connection = await startSidecar(root);
  expect((await connection.client.listRuns({})).map((run) => run.status)).toEqual(['cancelled']);
});

test('a sidecar that is stopped and answers nobody is told of within seconds', async () => {
  const sidecar = await spawnSidecar(root);
  sidecar.child.kill('SIGSTOP');
  await expect(find()).rejects.toMatchObject({ code: 'sidecar-unreachable' });
  sidecar.child.kill('SIGCONT');
  const connection = await find();
  expect(connection.greeting.pid).toBe(sidecar.greeting?.pid);
  await connection.dispose();
});

test('it ends when its workspace is deleted, though a client still holds a lease', async () => {
  const sidecar = await spawnSidecar(root);
  const connection = await find();
  rmSync(root, { recursive: true, maxRetries: 20, retryDelay: 100 });
  expect(await sidecar.exitCode).toBe(0);
  await connection.dispose().catch((error: unknown) => expect(error).toMatchObject({ code: 'sidecar-unreachable' }));
});
