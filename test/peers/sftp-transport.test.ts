import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { openTransport } from '../../sidecar/versions/remotes/open-transport.ts';
import { sourceOf } from '../../sidecar/versions/remotes/transport.ts';
import { sharedFolder } from '../support/fresh-folder.ts';
import { startSsh, type SshServer } from '../support/ssh-server.ts';
import { describeTransport } from '../unit/versions/remotes/transport-conformance.ts';

let server: SshServer;
const folder = sharedFolder();
beforeAll(async () => {
  server = await startSsh();
  await mkdir(join(folder, '.ssh'));
  await mkdir(join(folder, 'stranger'));
  await writeFile(join(folder, '.ssh', 'known_hosts'), `${server.hostLine}\n`);
  await writeFile(join(folder, '.ssh', 'id_ed25519'), server.userKey, { mode: 0o600 });
});
afterAll(() => server.close());

const open = (settings: Record<string, string> = {}, home = folder) =>
  openTransport({
    remote: { name: 'test', url: `ssh://me@127.0.0.1:${server.port}${folder}/data`, settings, base: '/' },
    environment: { HOME: home },
    signal: new AbortController().signal,
  });

describeTransport('SFTP', () => open());

test('a host that is not in known_hosts is not spoken to', async () => {
  const stranger = await open({ password: 'open sesame' }, join(folder, 'stranger'));
  await expect(stranger.get('a')).rejects.toMatchObject({ code: 'remote-untrusted' });
});

test('a host that shows another key than the known one is not spoken to', async () => {
  const home = join(folder, 'misled');
  await mkdir(join(home, '.ssh'), { recursive: true });
  const other = await startSsh();
  await other.close();
  await writeFile(
    join(home, '.ssh', 'known_hosts'),
    server.hostLine.replace(/ \S+ \S+$/, other.hostLine.slice(other.hostLine.indexOf(' '))),
  );
  const refused = (await open({ password: 'open sesame' }, home)).get('a');
  await expect(refused).rejects.toMatchObject({
    code: 'remote-untrusted',
    message: expect.stringContaining('not the one') as string,
  });
});

test('a password lets in where it is given, and a wrong one is told apart from a broken network', async () => {
  const home = join(folder, 'keyless');
  await mkdir(join(home, '.ssh'), { recursive: true });
  await writeFile(join(home, '.ssh', 'known_hosts'), server.hostLine);
  const right = await open({ password: 'open sesame' }, home);
  await right.put('by-password', sourceOf(Buffer.from('x')));
  await right.close();
  await expect((await open({ password: 'wrong' }, home)).get('a')).rejects.toMatchObject({ code: 'remote-refused' });
});

test('what is on its way when the connection breaks arrives whole by a new one', async () => {
  const transport = await open();
  const bytes = Buffer.alloc(8 << 20, 'data');
  let parts = 0;
  await transport.put('cut', sourceOf(bytes), () => {
    parts += 1;
    if (parts === 20) server.cut();
  });
  expect(parts).toBeGreaterThan(bytes.length / (32 << 10));
  expect((await transport.get('cut'))?.bytes.equals(bytes)).toBe(true);
  await transport.close();
});
