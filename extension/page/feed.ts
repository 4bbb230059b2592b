import type { SidecarEvent } from '../../sidecar/contract/events.ts';
import type { Client } from '../../sidecar/contract/routes.ts';
import type { Envelope } from '../../webview/contract/envelope.ts';
import { pace } from '../pace.ts';
import { readFault } from '../sidecar/fault.ts';
import type { Sidecar } from '../sidecar/process.ts';

/** What keeps an open page fed. */
export interface Feed {
  /** Reads everything again and sends it. */
  readonly refresh: () => void;
  readonly dispose: () => void;
}

export interface FeedNeeds<Content> {
  readonly sidecar: Pick<Sidecar, 'client' | 'ready' | 'state' | 'onState' | 'onEvent'>;
  /** Everything that the page shows. */
  readonly load: (client: Client) => Promise<Content>;
  /** Whether an event changes it. */
  readonly concerns: (event: SidecarEvent) => boolean;
  /** Least time between two redraws. */
  readonly everyMs: number;
  readonly send: (message: Envelope<Content>) => void;
  readonly now: () => number;
}

/**
 * Sends a page its whole content, again after each event that concerns it. When the sidecar goes away, the last
 * content stays and is marked with the time; when it comes back, everything is read anew.
 */
export const createFeed = <Content>(needs: FeedNeeds<Content>): Feed => {
  let last: Content | null = null;
  let reading = false;
  let again = false;

  const read = async () => {
    if (reading) {
      again = true;
      return;
    }
    reading = true;
    try {
      last = await needs.load(await needs.sidecar.ready());
      needs.send({ type: 'snapshot', content: last, staleSince: null });
    } catch (error) {
      const { message, hint } = readFault(error);
      if (last === null) needs.send({ type: 'failed', message, hint });
      else needs.send({ type: 'snapshot', content: last, staleSince: needs.now() });
    } finally {
      reading = false;
    }
    if (!again) return;
    again = false;
    paced.ask();
  };
  const paced = pace(needs.everyMs, () => void read());
  const stops = [
    needs.sidecar.onEvent((event) => {
      if (needs.concerns(event)) paced.ask();
    }),
    needs.sidecar.onState((state) => {
      if (state === 'ready') paced.ask();
      else if (last !== null) needs.send({ type: 'snapshot', content: last, staleSince: needs.now() });
    }),
  ];
  return {
    refresh: paced.ask,
    dispose: () => {
      paced.dispose();
      for (const stop of stops) stop();
    },
  };
};
