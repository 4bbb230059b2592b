import { readFile } from 'node:fs/promises';
import { createApiClient } from '../../sidecar/client/api-client.ts';
import { findSidecar } from '../../sidecar/client/find.ts';
import { Address } from '../../sidecar/contract/greeting.ts';
import type { Client } from '../../sidecar/contract/routes.ts';
import { layoutOf } from '../../sidecar/workspace/layout.ts';

/** A client of the sidecar that the editor has started for a workspace. */
export async function clientOf(workspace: string): Promise<Client> {
  const found = await findSidecar(workspace);
  if (found === null) throw new Error(`No sidecar runs for ${workspace}.`);
  return createApiClient(found.address);
}

/** The process of that sidecar, as its address file tells; null when there is no such file. */
export async function sidecarPid(workspace: string): Promise<number | null> {
  const text = await readFile(layoutOf(workspace).address, 'utf8').catch(() => null);
  return text === null ? null : Address.parse(JSON.parse(text)).pid;
}
