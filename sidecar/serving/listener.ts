import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';
import { portTaken } from '../faults.ts';
import { JSON_TYPE } from './reply.ts';

const ADDRESS = '127.0.0.1';
/** Time for requests in progress when the endpoint closes. */
const CLOSE_GRACE_MS = 5_000;

export interface Listener {
  readonly port: number;
  readonly close: () => Promise<void>;
}

/**
 * An HTTP server on the loopback address, with limits on time, size and connections.
 * @param port 0 for a free one
 * @throws Fault `port-taken`
 */
export const listen = async (
  port: number,
  answer: (request: IncomingMessage, response: ServerResponse) => void,
): Promise<Listener> => {
  const server = createServer({
    headersTimeout: 5_000,
    requestTimeout: 15_000,
    // Python's http.client does not notice that an idle connection was closed.
    keepAliveTimeout: 75_000,
    connectionsCheckingInterval: 1_000,
    maxHeaderSize: 16 * 1024,
    // The guard answers a missing Host itself, in JSON.
    requireHostHeader: false,
  });
  server.maxConnections = 256;
  server.on('request', answer);
  // A web socket is never spoken here; the request is answered like any other.
  server.on('checkContinue', answer);
  server.on('checkExpectation', answer);
  server.on('connect', (_request, socket: Socket) =>
    refuse(socket, '405 Method Not Allowed', 'CONNECT is not served.'),
  );
  server.on('clientError', (error: NodeJS.ErrnoException, socket: Socket) => {
    const [status, text] = protocolErrors[error.code ?? ''] ?? ['400 Bad Request', 'This is not an HTTP request.'];
    refuse(socket, status, text);
  });
  await started(server, port);
  return { port: (server.address() as AddressInfo).port, close: () => closed(server) };
};

const protocolErrors: Readonly<Record<string, readonly [string, string]>> = {
  HPE_HEADER_OVERFLOW: ['431 Request Header Fields Too Large', 'The headers are larger than 16 KiB.'],
  ERR_HTTP_REQUEST_TIMEOUT: ['408 Request Timeout', 'The request took longer than 15 seconds to arrive.'],
};

const refuse = (socket: Socket, status: string, text: string): void => {
  if (!socket.writable) return;
  const body = JSON.stringify({ error: text });
  socket.end(
    `HTTP/1.1 ${status}\r\nContent-Type: ${JSON_TYPE}\r\nContent-Length: ${Buffer.byteLength(body)}\r\nConnection: close\r\n\r\n${body}`,
  );
};

const started = (server: Server, port: number): Promise<void> =>
  new Promise((resolve, reject) => {
    server.once('error', (error: NodeJS.ErrnoException) =>
      reject(error.code === 'EADDRINUSE' ? portTaken(port) : error),
    );
    server.listen({ port, host: ADDRESS, exclusive: true }, resolve);
  });

const closed = (server: Server): Promise<void> =>
  new Promise((resolve) => {
    const cut = setTimeout(() => server.closeAllConnections(), CLOSE_GRACE_MS);
    server.close(() => {
      clearTimeout(cut);
      resolve();
    });
    server.closeIdleConnections();
  });
