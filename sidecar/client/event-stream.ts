import type { IncomingMessage } from 'node:http';
import { SidecarEvent } from '../contract/events.ts';
import type { Address } from '../contract/greeting.ts';
import { sidecarUnreachable } from '../faults.ts';
import { socketRequest } from './socket-request.ts';

interface EventStream {
  readonly close: () => void;
}

/**
 * Listens to everything the sidecar announces (server-sent events).
 * @param onClosed called once, with the cause, when the stream ends for another reason than `close()`.
 */
export const openEventStream = async (
  address: Pick<Address, 'socket' | 'token'>,
  onEvent: (event: SidecarEvent) => void,
  onClosed: (why: string) => void,
): Promise<EventStream> => {
  const reply = await socketRequest(address, { method: 'GET', path: '/events' });
  if (reply.statusCode !== 200) throw sidecarUnreachable(`the event stream was refused (${String(reply.statusCode)})`);
  let closing = false;
  const ended = (why: string) => {
    if (closing) return;
    closing = true;
    onClosed(why);
  };
  readEvents(reply, onEvent, ended);
  return {
    close: () => {
      closing = true;
      reply.destroy();
    },
  };
};

const readEvents = (reply: IncomingMessage, onEvent: (event: SidecarEvent) => void, ended: (why: string) => void) => {
  let pending = '';
  reply.setEncoding('utf8');
  reply.on('data', (text: string) => {
    const blocks = (pending + text).split('\n\n');
    pending = blocks.pop() ?? '';
    for (const block of blocks) {
      const data = block.split('\n').find((line) => line.startsWith('data: '));
      if (data !== undefined) onEvent(SidecarEvent.parse(JSON.parse(data.slice('data: '.length))));
    }
  });
  reply.on('error', (error) => ended(error.message));
  reply.on('close', () => ended('the sidecar closed the connection'));
};
