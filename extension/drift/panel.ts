import { DriftRestore, DriftUp, type DriftContent } from '../../webview/contract/drift.ts';
import type { SidecarEvent } from '../../sidecar/contract/events.ts';
import { pages, type CommandId } from '../ids.ts';
import { createFeed } from '../page/feed.ts';
import type { PageKind } from '../page/panel.ts';
import type { Sidecar } from '../sidecar/process.ts';

export interface DriftPageNeeds {
  readonly sidecar: Sidecar;
  readonly execute: (command: CommandId, argument?: unknown) => void;
}

/** How live traffic of an endpoint differs from what its model was trained on. */
export const driftPage = ({ sidecar, execute }: DriftPageNeeds): PageKind<DriftUp, { endpoint: string }> => ({
  viewType: pages.drift,
  bundle: 'drift',
  up: DriftUp,
  restore: DriftRestore,
  titleOf: ({ endpoint }) => `Drift ${endpoint}`,
  keyOf: ({ endpoint }) => endpoint,
  attend: ({ endpoint }, { send }) => ({
    feed: createFeed<DriftContent>({
      sidecar,
      load: async (client) => ({ report: await client.getDrift({ endpoint }) }),
      concerns: (event) => endpointOf(event) === endpoint,
      everyMs: 1_000,
      send,
      now: Date.now,
    }),
    receive: (message) => {
      if (message.type === 'train') execute('trainyard.train');
      if (message.type === 'copyCurl') execute('trainyard.copyCurl', endpoint);
      if (message.type === 'showSidecarLog') execute('trainyard.showSidecarLog');
    },
  }),
});

const endpointOf = (event: SidecarEvent): string | null => {
  if (event.type === 'endpointChanged') return event.endpoint.name;
  return 'endpoint' in event ? event.endpoint : null;
};
