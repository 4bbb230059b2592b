import type { RequestHandler } from 'express';
import type { Announcements } from '../runs/announce.ts';

/** A client that reads slower than this much behind is cut off; it reads a fresh snapshot when it comes back. */
const BACKLOG_LIMIT_BYTES = 8 * 1024 * 1024;
/** Comment lines keep the connection known to be alive. */
const HEARTBEAT_MS = 5_000;

/** Server-sent events: everything announced from now on. */
export const streamEvents =
  (announcements: Announcements): RequestHandler =>
  (request, response) => {
    response.writeHead(200, { 'content-type': 'text/event-stream', 'cache-control': 'no-store' });
    response.write(': listening\n\n');
    const stop = announcements.subscribe((event) => {
      response.write(`id: ${event.seq}\ndata: ${JSON.stringify(event)}\n\n`);
      if (response.writableLength > BACKLOG_LIMIT_BYTES) response.destroy();
    });
    const heartbeat = setInterval(() => response.write(': alive\n\n'), HEARTBEAT_MS);
    request.on('close', () => {
      stop();
      clearInterval(heartbeat);
    });
  };
