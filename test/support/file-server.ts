import { createServer, type IncomingMessage } from 'node:http';

interface ServedFile {
  readonly bytes: Uint8Array;
  readonly headers?: Readonly<Record<string, string>>;
  /** How much is sent before the connection hangs; all of it by default. */
  readonly until?: number;
}

export interface FileServer {
  /** `http://127.0.0.1:…` */
  readonly origin: string;
  /** By path, such as `/weights.safetensors`; may be changed at any time. */
  readonly files: Map<string, ServedFile>;
  readonly requests: IncomingMessage[];
  readonly close: () => Promise<void>;
}

/** A server on this machine that has files, and answers 404 for all others. */
export const serveFiles = async (): Promise<FileServer> => {
  const files = new Map<string, ServedFile>();
  const requests: IncomingMessage[] = [];
  const server = createServer((request, response) => {
    requests.push(request);
    const file = files.get(request.url ?? '');
    if (file === undefined) {
      response.writeHead(404).end();
      return;
    }
    const { bytes, headers = {}, until = bytes.length } = file;
    response.writeHead(200, { 'content-length': bytes.length, ...headers });
    if (request.method === 'HEAD') response.end();
    else if (until >= bytes.length) response.end(bytes);
    else response.write(bytes.subarray(0, until));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  return {
    origin: `http://127.0.0.1:${typeof address === 'object' && address !== null ? address.port : 0}`,
    files,
    requests,
    close: () => {
      server.closeAllConnections();
      return new Promise((resolve) => server.close(() => resolve()));
    },
  };
};
