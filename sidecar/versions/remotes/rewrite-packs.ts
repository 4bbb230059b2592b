import { randomUUID } from 'node:crypto';
import { readdirSync, rmSync, statSync } from 'node:fs';
import { join } from 'node:path';
import type { Hash } from '../../contract/ids.ts';
import { remoteBusy } from '../../faults.ts';
import type { JobContext } from '../../pipeline/job.ts';
import { parsePackFile } from '../store/pack-file.ts';
import { storedBytes } from '../store/pack-index.ts';
import { awaitSweep } from './await-sweep.ts';
import { openReceiver, wantedBytes, type PackShare } from './receive.ts';
import { addToRef } from './ref.ts';
import { listPacks } from './remote-packs.ts';
import { sendPacks, type OutgoingPack } from './send-packs.ts';
import { countBytes } from './traffic.ts';
import type { Transport } from './transport.ts';

export interface RewriteOrder {
  readonly transport: Transport;
  /** `.trainyard/data` */
  readonly folder: string;
  /** The data set whose list names the packs. */
  readonly path: string;
  /** What is needed of packs, each of which needs to be there no more when this has been done. */
  readonly shares: readonly PackShare[];
}

/** Of a pack less than this share must be needed: then twice as much gets free as has to be moved. */
const SPARSE = 1 / 3;
/** Other collections may remove a new pack before the list names it: it is brought once more then. */
const TRIES = 8;

/** Whether so little of a pack is needed that it is worth while to move it. */
export const isSparse = (share: PackShare): boolean => wantedBytes(share) < SPARSE * storedBytes(share.index);

/**
 * Brings what is needed of some packs into new packs of the same remote, which the list of versions names from then on
 * beside the old ones; who takes these off the list may do so when this has come to its end, and not before. It goes as
 * a push does, for the same reasons (collect-remote.ts): named, then waited for collections, then looked for.
 * @returns the new packs
 * @throws Fault `remote-…`, or the reason of an abort; the list names the old packs still
 */
export const rewritePacks = async (order: RewriteOrder, context: JobContext): Promise<readonly OutgoingPack[]> => {
  const { transport, path } = order;
  const outgoing = join(order.folder, 'outgoing', randomUUID());
  try {
    const packs = await gather(order, outgoing, context);
    const names = packs.map(({ name }) => name);
    for (let tried = 0; tried < TRIES; tried += 1) {
      await sendPacks(packs, await listPacks(transport), transport, context);
      await addToRef(transport, { path, versions: [], packs: names, relies: [], forgotten: 'stay', dvcNames: {} });
      await awaitSweep(transport, names, context);
      const there = await listPacks(transport);
      if (names.every(there.isWhole)) return packs;
    }
    throw remoteBusy(transport.address, `list of versions of ${path}`);
  } finally {
    rmSync(outgoing, { recursive: true, force: true });
  }
};

/** Fetches what is needed, each blob checked, into packs of a folder here. */
const gather = async (
  { transport, shares }: RewriteOrder,
  folder: string,
  context: JobContext,
): Promise<readonly OutgoingPack[]> => {
  const bytes = shares.reduce((sum, share) => sum + wantedBytes(share), 0);
  const receiver = openReceiver({ transport, folder, received: countBytes(bytes, 'gathered', context).add });
  try {
    for (const share of shares) await receiver.receive(share);
  } finally {
    receiver.close();
  }
  return readdirSync(folder).flatMap((file) => {
    const parsed = parsePackFile(file);
    if (parsed?.part !== 'pack') return [];
    const path = join(folder, parsed.name);
    return [{ name: parsed.name as Hash, path, bytes: statSync(`${path}.pack`).size }];
  });
};
