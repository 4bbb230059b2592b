import type { Commands } from '../command.ts';
import type { Documents } from '../documents.ts';
import type { Log } from '../log.ts';
import { doctorText } from './doctor-text.ts';
import type { Sidecar } from './process.ts';

export interface SidecarCommandNeeds {
  readonly sidecar: Sidecar;
  readonly documents: Documents;
  readonly log: Log;
}

export const sidecarCommands = ({ sidecar, documents, log }: SidecarCommandNeeds): Commands => ({
  'trainyard.doctor': async () => {
    const findings = await (await sidecar.ready()).examine({});
    await documents.show('health check.md', doctorText(findings));
  },
  'trainyard.showSidecarLog': () => {
    log.show();
    return Promise.resolve();
  },
  'trainyard.restartSidecar': () => sidecar.restart(),
});
