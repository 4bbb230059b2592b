import { createHmac, randomBytes } from 'node:crypto';
import { expect, test } from 'vitest';
import { judgeHost, knownKeysOf } from '../../../../sidecar/versions/remotes/sftp/known-hosts.ts';

const [right, other] = [randomBytes(51), randomBytes(51)];
const line = (hosts: string, key = right, marker = '') =>
  `${marker}${hosts} ssh-ed25519 ${key.toString('base64')} a comment`;
const judge = (text: string, host = 'data.example', port = 22, key = right) =>
  judgeHost(knownKeysOf(text, { host, port }), key);

test('a host is known by its name, one of several names, its port, a pattern or a hash of its name', () => {
  expect(judge(line('data.example'))).toBe('known');
  expect(judge(`# comment\n\n${line('10.0.0.1,Data.Example')}`)).toBe('known');
  expect(judge(line('[data.example]:2222'), 'data.example', 2222)).toBe('known');
  expect(judge(line('*.example'))).toBe('known');
  const salt = randomBytes(20);
  const hash = createHmac('sha1', salt).update('data.example').digest('base64');
  expect(judge(line(`|1|${salt.toString('base64')}|${hash}`))).toBe('known');
});

test('another name, another port or a pattern that leaves it out does not make it known', () => {
  expect(judge(line('data.example'), 'data.example', 2222)).toBe('unknown');
  expect(judge(line('dataXexample'))).toBe('unknown');
  expect(judge(line('*.example,!data.example'))).toBe('unknown');
  expect(judge('')).toBe('unknown');
});

test('another key than the known one is a change, a revoked one is said to be so', () => {
  expect(judge(line('data.example', other))).toBe('changed');
  expect(judge(`${line('data.example', other)}\n${line('data.example')}`)).toBe('known');
  expect(judge(`${line('data.example')}\n${line('data.example', right, '@revoked ')}`)).toBe('revoked');
  expect(judge(line('data.example', right, '@cert-authority '))).toBe('unknown');
});
