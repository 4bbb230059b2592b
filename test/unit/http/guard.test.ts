import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import express from 'express';
import fc from 'fast-check';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { guard } from '../../../sidecar/http/guard.ts';

const token = 'f'.repeat(64);
const server = createServer(
  express()
    .use(guard(token))
    .use((_, response) => void response.send('inside')),
);
let url: string;
beforeAll(async () => {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/`;
});
afterAll(() => void server.close());

test('the token opens, by any method and path', async () => {
  for (const method of ['GET', 'POST', 'DELETE']) {
    const reply = await fetch(`${url}any/where`, { method, headers: { authorization: `Bearer ${token}` } });
    expect([reply.status, await reply.text()]).toEqual([200, 'inside']);
  }
});

test('no other text opens', async () => {
  const header = fc.oneof(
    fc.string({ unit: fc.constantFrom('f', 'F', '0', ' ', 'Bearer', ':', '\t'), maxLength: 80 }),
    fc.nat(64).map((length) => `Bearer ${'f'.repeat(length)}`),
    fc.constantFrom(
      token,
      `bearer ${token}`,
      `Bearer  ${token}`,
      `Bearer ${token}0`,
      `Basic ${token}`,
      `Bearer ${token},${token}`,
    ),
  );
  await fc.assert(
    fc.asyncProperty(header, async (authorization) => {
      fc.pre(authorization.trim() !== `Bearer ${token}`);
      const reply = await fetch(url, { headers: { authorization } });
      expect(reply.status).toBe(401);
      expect(await reply.json()).toEqual({ code: 'unauthorized', message: 'The token is missing or wrong.' });
    }),
    { numRuns: 60 },
  );
});

test('a request from a web page is refused even with the token, and learns nothing about it', async () => {
  for (const authorization of [`Bearer ${token}`, 'Bearer wrong']) {
    const reply = await fetch(url, { headers: { authorization, origin: 'null' } });
    expect(reply.status).toBe(403);
    expect(await reply.json()).toMatchObject({ code: 'request-invalid' });
  }
});
