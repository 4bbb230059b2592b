import { readFileSync } from 'node:fs';
import { Address, CONTRACT_VERSION, type Greeting } from '../contract/greeting.ts';
import { contractMismatch } from '../faults.ts';
import { layoutOf } from '../workspace/layout.ts';
import { createApiClient } from './api-client.ts';

export interface Found {
  readonly address: Address;
  readonly greeting: Greeting;
}

/**
 * The sidecar that runs for this workspace, if one does. An address file alone proves nothing: the sidecar
 * behind it must answer and name the same start.
 * @throws Fault `contract-mismatch` when a sidecar of another version runs.
 */
export const findSidecar = async (workspace: string): Promise<Found | null> => {
  const address = readAddress(layoutOf(workspace).address);
  if (address === null) return null;
  if (address.contract !== CONTRACT_VERSION) {
    if (isAlive(address.pid)) throw contractMismatch(address.contract, CONTRACT_VERSION);
    return null;
  }
  try {
    const greeting = await createApiClient(address).hello({});
    return greeting.startId === address.startId ? { address, greeting } : null;
  } catch {
    // Nobody answers there: the file is what a killed sidecar left behind.
    return null;
  }
};

const readAddress = (path: string): Address | null => {
  try {
    return Address.parse(JSON.parse(readFileSync(path, 'utf8')));
  } catch {
    // No file, or one that is being written: either way there is no sidecar to speak to yet.
    return null;
  }
};

const isAlive = (pid: number): boolean => {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    // ESRCH: there is no such process.
    return false;
  }
};
