import type { SidecarEvent } from '../../sidecar/contract/events.ts';
import type { Toast } from '../notify.ts';

const A_DAY_MS = 24 * 60 * 60_000;

export interface DriftTellerNeeds {
  readonly now: () => number;
  readonly toast: (toast: Toast) => void;
  readonly openDrift: (endpoint: string) => void;
}

/** Tells of a drift alarm, at most once a day for each endpoint. @returns what hears the events. */
export const createDriftTeller = ({ now, toast, openDrift }: DriftTellerNeeds): ((event: SidecarEvent) => void) => {
  const told = new Map<string, number>();
  return (event) => {
    if (event.type !== 'driftAlarmRaised') return;
    const { endpoint, sentence } = event;
    if (now() - (told.get(endpoint) ?? -Infinity) < A_DAY_MS) return;
    told.set(endpoint, now());
    toast({
      setting: 'drift',
      level: 'warning',
      message: sentence,
      actions: [{ title: 'Open Drift Page', act: () => openDrift(endpoint) }],
    });
  };
};
