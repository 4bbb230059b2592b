import type * as vscode from 'vscode';
import type { Commands } from '../command.ts';
import type { Documents } from '../documents.ts';
import type { Log } from '../log.ts';
import { doctorText } from './doctor-text.ts';
import type { Sidecar } from './process.ts';
import { setUpRuntime } from './set-up.ts';

export interface SidecarCommandNeeds {
  readonly sidecar: Sidecar;
  readonly documents: Documents;
  readonly extensionUri: vscode.Uri;
  readonly log: Log;
}

export const sidecarCommands = ({ sidecar, documents, extensionUri, log }: SidecarCommandNeeds): Commands => ({
  'trainyard.doctor': async () => {
    const findings = await (await sidecar.ready()).examine({});
    await documents.show('health check.md', doctorText(findings));
  },
  'trainyard.setUpCuda': () => setUpRuntime(extensionUri, 'cuda'),
  'trainyard.setUpTensorflow': () => setUpRuntime(extensionUri, 'tfjs'),
  'trainyard.showSidecarLog': () => {
    log.show();
    return Promise.resolve();
  },
  'trainyard.restartSidecar': () => sidecar.restart(),
});
