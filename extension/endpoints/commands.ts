import * as vscode from 'vscode';
import { curlCommand } from '../../sidecar/client/curl.ts';
import type { Endpoint } from '../../sidecar/contract/deployment.ts';
import type { Commands } from '../command.ts';
import { pickVersion } from '../registry/pick-version.ts';
import type { LiveProject } from '../sidecar/events.ts';
import type { Sidecar } from '../sidecar/process.ts';
import { subjectOf } from '../tree/row.ts';

export interface EndpointNeeds {
  readonly sidecar: Sidecar;
  readonly live: LiveProject;
  readonly openDrift: (endpoint: string) => void;
}

export const endpointCommands = (needs: EndpointNeeds): Commands => ({
  'trainyard.openEndpoint': (argument) => openEndpoint(needs, argument),
  'trainyard.closeEndpoint': async (argument) => {
    const endpoint = await endpointOf(needs, argument, 'Close which endpoint?', isServing);
    if (endpoint !== null) await (await needs.sidecar.ready()).closeEndpoint({ endpoint });
  },
  'trainyard.copyEndpointUrl': async (argument) => {
    const endpoint = await endpointOf(needs, argument, 'The address of which endpoint?', isServing);
    const url = needs.live.current().endpoints.find(({ name }) => name === endpoint)?.url;
    if (url == null) return;
    await vscode.env.clipboard.writeText(url);
    vscode.window.setStatusBarMessage(`$(copy) ${url}`, 5_000);
  },
  'trainyard.copyCurl': async (argument) => {
    const endpoint = await endpointOf(needs, argument, 'A curl command for which endpoint?', isServing);
    if (endpoint === null) return;
    const access = await (await needs.sidecar.ready()).accessEndpoint({ endpoint });
    const { model, version } = access.deployment;
    const entry = needs.live.current().models.find((one) => one.name === model && one.version === version);
    await vscode.env.clipboard.writeText(curlCommand(access, entry?.features ?? null));
    vscode.window.setStatusBarMessage('$(copy) curl command copied, with its token', 5_000);
  },
  'trainyard.openDrift': async (argument) => {
    const endpoint = await endpointOf(needs, argument, 'The drift of which endpoint?', () => true);
    if (endpoint !== null) needs.openDrift(endpoint);
  },
});

const isServing = ({ state }: Endpoint): boolean => state === 'serving';

const endpointOf = async (
  { live }: EndpointNeeds,
  argument: unknown,
  placeHolder: string,
  fits: (endpoint: Endpoint) => boolean,
): Promise<string | null> => {
  if (typeof argument === 'string') return argument;
  const subject = subjectOf(argument);
  if (subject?.kind === 'endpoint') return subject.endpoint;
  const names = live
    .current()
    .endpoints.filter(fits)
    .map(({ name }) => name);
  if (names.length === 1) return names[0] ?? null;
  return (await vscode.window.showQuickPick(names, { placeHolder })) ?? null;
};

const openEndpoint = async ({ sidecar, live }: EndpointNeeds, argument: unknown): Promise<void> => {
  const request = requestOf(argument, live) ?? stoppedEndpoint(argument, live) ?? (await askForVersion(live));
  if (request === null) return;
  const client = await sidecar.ready();
  const endpoint = await vscode.window.withProgress(
    { location: vscode.ProgressLocation.Window, title: `Opening ${request.model}` },
    () => client.openEndpoint(request),
  );
  vscode.window.setStatusBarMessage(
    `$(radio-tower) ${endpoint.name} answers at ${endpoint.url ?? 'no address'}`,
    5_000,
  );
};

interface Request {
  readonly model: string;
  readonly version?: number;
}

const requestOf = (argument: unknown, live: LiveProject): Request | null => {
  const subject = subjectOf(argument);
  if (subject?.kind === 'version') return { model: subject.model, version: subject.version };
  if (subject?.kind === 'model') return { model: subject.model };
  if (subject?.kind !== 'endpoint') return null;
  return (
    toRequest(live.current().endpoints.find(({ name }) => name === subject.endpoint)) ?? { model: subject.endpoint }
  );
};

/** Without a choice: the one endpoint that has been deployed and does not listen yet. */
const stoppedEndpoint = (argument: unknown, live: LiveProject): Request | null => {
  const stopped = live.current().endpoints.filter((endpoint) => !isServing(endpoint));
  return argument === undefined && stopped.length === 1 ? toRequest(stopped[0]) : null;
};

/** An endpoint opens with what was deployed to it, not with whatever is champion by now. */
const toRequest = (endpoint: Endpoint | undefined): Request | null =>
  endpoint === undefined ? null : { model: endpoint.deployment.model, version: endpoint.deployment.version };

const askForVersion = async (live: LiveProject): Promise<Request | null> => {
  const entry = await pickVersion(live.current().models, 'Serve which version?');
  return entry === null ? null : { model: entry.name, version: entry.version };
};
