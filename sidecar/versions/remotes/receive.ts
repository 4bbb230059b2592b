import { join } from 'node:path';
import type { Hash } from '../../contract/ids.ts';
import { remoteDamaged } from '../../faults.ts';
import { makeFolder, openDraft, syncFolder, writeDurably } from '../durable.ts';
import { startDigest } from '../store/blob-id.ts';
import { openStored } from '../store/blobs.ts';
import { packFooter, PACK_HEAD, PACK_MAGIC } from '../store/pack-file.ts';
import { entriesByOffset } from '../store/pack-index.ts';
import { createPackWriter } from '../store/pack-writer.ts';
import { packKey } from './layout.ts';
import { inParallel } from './parallel.ts';
import { joinRanges, type Range } from './ranges.ts';
import type { PackEntry } from './remote-packs.ts';
import type { Transport } from './transport.ts';

export interface ReceiverNeeds {
  readonly transport: Transport;
  /** Folder of packs. */
  readonly folder: string;
  readonly received: (bytes: number) => void;
}

export interface PackShare {
  readonly pack: Hash;
  readonly index: Buffer;
  readonly isWanted: (id: Hash) => boolean;
}

/** Brings packs, or of packs what is wanted of them. */
export interface Receiver {
  readonly receive: (share: PackShare) => Promise<void>;
  /** Makes visible what was brought. */
  readonly close: () => void;
}

/** A pack is kept as it is when this share of it is wanted: a later push then knows that the remote has it. */
const NEARLY_ALL = 0.9;
const RANGES_AT_ONCE = 4;
/** Bytes that changed on their way come right another time; those that changed where they lie do not. */
const TRIES = 3;

export const openReceiver = (needs: ReceiverNeeds): Receiver => {
  const { folder } = needs;
  makeFolder(folder);
  const writers = {
    chunk: createPackWriter({ folder, kind: 'chunk', closed: () => undefined }),
    node: createPackWriter({ folder, kind: 'node', closed: () => undefined }),
  };
  const receiveWanted = ({ pack }: PackShare, wanted: readonly PackEntry[]): Promise<void> =>
    inParallel(joinRanges(wanted.map(toPart)), RANGES_AT_ONCE, async (range) => {
      for (const { entry, stored } of await readRange(needs, pack, range)) {
        writers[entry.kind].putStored(entry.id, stored, entry.length, entry.compressed);
        needs.received(stored.length);
      }
    });
  return {
    receive: (share) => {
      const all = [...entriesByOffset(share.index)];
      const wanted = all.filter(({ id }) => share.isWanted(id));
      const isMost = sumOf(wanted) >= NEARLY_ALL * sumOf(all);
      return isMost && isDense(all) ? receiveWhole(needs, share, all) : receiveWanted(share, wanted);
    },
    close: () => {
      writers.chunk.close();
      writers.node.close();
    },
  };
};

interface Part {
  readonly start: number;
  readonly end: number;
  readonly entry: PackEntry;
}

const toPart = (entry: PackEntry): Part => ({ start: entry.offset, end: entry.offset + entry.stored, entry });

const sumOf = (entries: readonly PackEntry[]): number => entries.reduce((sum, { stored }) => sum + stored, 0);

/** Whether the blobs lie one after the other, so that the pack can be written anew from them, byte for byte. */
const isDense = (entries: readonly PackEntry[]): boolean => {
  let end = PACK_HEAD;
  return entries.every(({ offset, stored }) => {
    const follows = offset === end;
    end = offset + stored;
    return follows;
  });
};

const receiveWhole = async (
  needs: ReceiverNeeds,
  { pack, index }: PackShare,
  entries: readonly PackEntry[],
): Promise<void> => {
  const { folder } = needs;
  const draft = openDraft(folder);
  try {
    const running = startDigest();
    const write = (bytes: Uint8Array) => {
      draft.write(bytes);
      running.update(bytes);
    };
    write(PACK_MAGIC);
    for (const range of joinRanges(entries.map(toPart)))
      for (const { stored } of await readRange(needs, pack, range)) {
        write(stored);
        needs.received(stored.length);
      }
    draft.write(packFooter(index, running.digest()));
    draft.publish(join(folder, `${pack}.pack`));
  } finally {
    draft.discard();
  }
  syncFolder(folder);
  writeDurably(join(folder, `${pack}.index`), index);
};

interface Received {
  readonly entry: PackEntry;
  readonly stored: Buffer;
}

/** The blobs of a range, each checked. @throws Fault `remote-damaged` */
const readRange = async (
  { transport }: ReceiverNeeds,
  pack: Hash,
  range: Range<Part>,
): Promise<readonly Received[]> => {
  for (let tried = 1; ; tried += 1) {
    const bytes = await transport.read(packKey(pack), range.start, range.end);
    const received = range.parts.map(({ entry, start, end }) => ({
      entry,
      stored: bytes.subarray(start - range.start, end - range.start),
    }));
    const wrong = received.find(({ entry, stored }) => openStored(entry.id, entry, stored) === undefined);
    if (wrong === undefined) return received;
    if (tried === TRIES)
      throw remoteDamaged(transport.address, packKey(pack), `the bytes of ${wrong.entry.id.slice(0, 12)} are wrong`);
  }
};
