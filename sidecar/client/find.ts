import { readFileSync } from 'node:fs';
import { Address, CONTRACT_VERSION, Greeting } from '../contract/greeting.ts';
import { contractMismatch } from '../faults.ts';
import { layoutOf } from '../workspace/layout.ts';
import { readText, socketRequest } from './socket-request.ts';

export interface Found {
  readonly address: Address;
  readonly greeting: Greeting;
}

/** A sidecar answers within milliseconds; one that does not for so long is stopped or hangs. */
const ANSWER_LIMIT_MS = 5_000;

/**
 * The sidecar that runs for this workspace, if one does. An address file alone proves nothing: the sidecar
 * behind it must answer and name the same start.
 * @throws Fault `contract-mismatch` when a sidecar of another version runs.
 */
export const findSidecar = async (workspace: string): Promise<Found | null> => {
  const address = readAddress(workspace);
  if (address === null) return null;
  const said = await post(address, '/hello');
  if (said === null) return null;
  if (address.contract !== CONTRACT_VERSION) throw contractMismatch(address.contract, CONTRACT_VERSION);
  const greeting = Greeting.safeParse(said);
  return greeting.success && greeting.data.startId === address.startId ? { address, greeting: greeting.data } : null;
};

/** Tells the sidecar of a workspace to end, whatever contract it speaks. @returns whether there was one. */
export const stopSidecar = async (workspace: string): Promise<boolean> => {
  const address = readAddress(workspace);
  return address !== null && (await post(address, '/shutdown')) !== null;
};

const readAddress = (workspace: string): Address | null => {
  try {
    return Address.parse(JSON.parse(readFileSync(layoutOf(workspace).address, 'utf8')));
  } catch {
    // No file, or one that is being written: either way there is no sidecar to speak to yet.
    return null;
  }
};

/** The reply as JSON; null when nobody answers there: the file is what a killed sidecar left behind. */
const post = async (address: Address, path: string): Promise<unknown> => {
  try {
    const reply = await socketRequest(address, { method: 'POST', path, body: '{}', timeoutMs: ANSWER_LIMIT_MS });
    const text = await readText(reply);
    return reply.statusCode === 200 ? JSON.parse(text) : null;
  } catch {
    return null;
  }
};
