import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { expect, test } from 'vitest';

const tool = join(import.meta.dirname, '../../../tools/check-node.js');
const pretend = (napi: string) =>
  `data:text/javascript,Object.defineProperty(process, 'versions', { value: { ...process.versions, napi: '${napi}' } });`;

test.each([
  ['9', 1, /Node 22\.15 .*npm ci --ignore-scripts && npm rebuild node/s],
  ['10', 0, /^$/],
])('Node-API %s ends with exit code %i', (napi, code, words) => {
  const { status, stderr } = spawnSync(process.execPath, ['--import', pretend(napi), tool], { encoding: 'utf8' });
  expect(status).toBe(code);
  expect(stderr).toMatch(words);
});
