import { expect, test } from 'vitest';
import { openFileTree } from '../../../../sidecar/versions/remotes/files/file-tree.ts';
import { openFolder } from '../../../../sidecar/versions/remotes/files/folder.ts';
import { sharedFolder } from '../../../support/fresh-folder.ts';
import { describeTransport } from './transport-conformance.ts';

const folder = sharedFolder();

const open = () => openFileTree(openFolder(folder), folder);

describeTransport('a folder', open);

test('a writer that wakes up after dozens of others have written has lost, though its number is free again', async () => {
  const transport = open();
  expect(await transport.swap('refs/long', Buffer.from('0'), null)).toBe(true);
  const early = await transport.get('refs/long');
  for (let round = 1; round <= 40; round += 1) {
    const now = await transport.get('refs/long');
    expect(await transport.swap('refs/long', Buffer.from(String(round)), now?.tag ?? null)).toBe(true);
  }
  expect(await transport.swap('refs/long', Buffer.from('late'), early?.tag ?? null)).toBe(false);
  expect(String((await transport.get('refs/long'))?.bytes)).toBe('40');
});

test('the bare name holds the newest content, for servers that give out files', async () => {
  const transport = open();
  await transport.swap('refs/bare', Buffer.from('1'), null);
  await transport.swap('refs/bare', Buffer.from('2'), '1');
  expect(String(await openFolder(folder).read('refs/bare', 0, 10))).toBe('2');
});
