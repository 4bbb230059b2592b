import { request, type IncomingMessage } from 'node:http';
import type { Address } from '../contract/greeting.ts';

interface SocketRequest {
  readonly method: 'GET' | 'POST';
  readonly path: string;
  readonly body?: string;
  readonly timeoutMs?: number;
  readonly accept?: string;
  /** Ends the request, and the reply while it arrives. */
  readonly signal?: AbortSignal;
}

/** One HTTP request over the sidecar's Unix socket or named pipe. Rejects when nobody listens there. */
export const socketRequest = (
  address: Pick<Address, 'socket' | 'token'>,
  ask: SocketRequest,
): Promise<IncomingMessage> =>
  new Promise((resolve, reject) => {
    const sent = request(
      {
        socketPath: address.socket,
        // A connection that is kept is closed by the other side after some seconds; a client that was busy meanwhile
        // would write into nothing. A new one costs microseconds.
        agent: false,
        method: ask.method,
        path: ask.path,
        ...(ask.signal === undefined ? {} : { signal: ask.signal }),
        headers: {
          host: 'trainyard',
          authorization: `Bearer ${address.token}`,
          ...(ask.accept === undefined ? {} : { accept: ask.accept }),
          ...(ask.body === undefined
            ? {}
            : { 'content-type': 'application/json', 'content-length': Buffer.byteLength(ask.body) }),
        },
      },
      resolve,
    );
    if (ask.timeoutMs !== undefined) {
      sent.setTimeout(ask.timeoutMs, () => sent.destroy(new Error(`no answer within ${ask.timeoutMs} ms`)));
    }
    sent.on('error', reject);
    sent.end(ask.body);
  });

export const readText = async (reply: IncomingMessage): Promise<string> => {
  const parts: Buffer[] = [];
  for await (const part of reply) parts.push(part as Buffer);
  return Buffer.concat(parts).toString('utf8');
};
