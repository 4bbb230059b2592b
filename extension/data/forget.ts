import * as vscode from 'vscode';
import type { DatasetVersion } from '../../sidecar/contract/dataset.ts';
import { withCallProgress } from './call-progress.ts';
import { existingRemote } from './choose-remote.ts';
import { collectData } from './collect.ts';
import { collectRemote } from './collect-remote.ts';
import type { DataNeeds } from './data-needs.ts';
import { sayForget, sayForgetRemote } from './forget-text.ts';
import { meantVersion } from './meant.ts';
import { lookAtRemote } from './remote.ts';

/** Lets go of a version that nothing was made of. What it alone needs is freed by a collection, which is offered. */
export const forgetData = async (needs: DataNeeds, argument: unknown): Promise<void> => {
  const version = await meantVersion(needs, argument, 'Forget which version?');
  if (version === null) return;
  const client = await needs.sidecar.ready();
  const request = { dataset: version.name, version: version.version };
  const { stillNamed } = await client.forgetData({ ...request, dryRun: true });
  if (!(await agreesTo(sayForget(version, stillNamed), 'Forget'))) return;
  await client.forgetData(request);
  await offerSpace(`${nameOf(version)} is forgotten.`, 'Free Space', () => collectData(needs));
};

/** Takes a version off the list of a remote; here it stays. Its bytes are freed by a collection there, which is offered. */
export const forgetRemote = async (needs: DataNeeds, argument: unknown): Promise<void> => {
  const version = await meantVersion(needs, argument, 'Remove which version from the remote?');
  if (version === null) return;
  const client = await needs.sidecar.ready();
  const remote = await existingRemote(client);
  if (remote === null) return;
  const { name } = remote;
  const request = { remote: name, dataset: version.name, version: version.version };
  const { stillNamed } = await withCallProgress(`Looking for ${nameOf(version)} in ${name}`, (call) =>
    client.forgetRemote({ ...request, dryRun: true }, call),
  );
  if (!(await agreesTo(sayForgetRemote(version, remote, stillNamed), 'Remove from Remote'))) return;
  await withCallProgress(`Taking ${nameOf(version)} off the list of ${name}`, (call) =>
    client.forgetRemote(request, call),
  );
  await lookAtRemote(needs, client, name);
  const said = `${nameOf(version)} is off the list of ${name}.`;
  await offerSpace(said, 'Free Space There', () => collectRemote(needs));
};

const nameOf = ({ name, version }: DatasetVersion): string => `${name}@v${version}`;

const agreesTo = async (
  { question, detail }: { readonly question: string; readonly detail: string },
  action: string,
): Promise<boolean> => (await vscode.window.showWarningMessage(question, { modal: true, detail }, action)) === action;

const offerSpace = async (said: string, action: string, collect: () => Promise<void>): Promise<void> => {
  if ((await vscode.window.showInformationMessage(said, action)) === action) await collect();
};
