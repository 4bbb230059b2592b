import { join } from 'node:path';
import type { Hash } from '../../contract/ids.ts';
import { remoteDamaged } from '../../faults.ts';
import { makeFolder, openDraft, syncFolder, writeDurably } from '../durable.ts';
import { startDigest } from '../store/blob-id.ts';
import { openStored } from '../store/blobs.ts';
import { packFooter, PACK_HEAD, PACK_MAGIC } from '../store/pack-file.ts';
import { entriesAt, entriesByOffset, storedBytes } from '../store/pack-index.ts';
import { createPackWriter } from '../store/pack-writer.ts';
import { packKey } from './layout.ts';
import { createBudget, inParallel } from './parallel.ts';
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
  /** Where in the pack it lies what is wanted, rising; one may come several times. */
  readonly offsets: Uint32Array;
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
/** Bytes that are held at once, of all packs. */
const HELD_BYTES = 48 << 20;
/** Bytes that changed on their way come right another time; those that changed where they lie do not. */
const TRIES = 3;

export const openReceiver = (needs: ReceiverNeeds): Receiver => {
  const { folder } = needs;
  makeFolder(folder);
  const writers = {
    chunk: createPackWriter({ folder, kind: 'chunk', closed: () => undefined }),
    node: createPackWriter({ folder, kind: 'node', closed: () => undefined }),
  };
  const budget = createBudget(HELD_BYTES);
  const take: Take = (pack, range, use) =>
    budget(range.end - range.start, async () => {
      const all = await readRange(needs, pack, range);
      for (const received of all) use(received);
      needs.received(all.reduce((sum, { stored }) => sum + stored.length, 0));
    });
  const put = ({ entry, stored }: Received) => {
    writers[entry.kind].putStored(entry.id, stored, entry.length, entry.compressed);
  };
  const receiveWanted = ({ pack, index, offsets }: PackShare): Promise<void> =>
    inParallel(joinRanges(partsOf(entriesAt(index, offsets))), RANGES_AT_ONCE, (range) => take(pack, range, put));
  return {
    receive: (share) => {
      const isMost = wantedBytes(share) >= NEARLY_ALL * storedBytes(share.index);
      return isMost && isDense(share.index) ? receiveWhole(folder, share, take) : receiveWanted(share);
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

interface Received {
  readonly entry: PackEntry;
  readonly stored: Buffer;
}

/** Reads a range of a pack, and uses its blobs one after the other. */
type Take = (pack: Hash, range: Range<Part>, use: (received: Received) => void) => Promise<void>;

/** A pack has up to a quarter of a million blobs: they are told one by one. */
const partsOf = function* (entries: Iterable<PackEntry>): Generator<Part, void> {
  for (const entry of entries) yield { start: entry.offset, end: entry.offset + entry.stored, entry };
};

/** Bytes of a share, each blob once. */
export const wantedBytes = ({ index, offsets }: Pick<PackShare, 'index' | 'offsets'>): number => {
  let sum = 0;
  for (const { stored } of entriesAt(index, offsets)) sum += stored;
  return sum;
};

/** Whether the blobs lie one after the other, so that the pack can be written anew from them, byte for byte. */
const isDense = (index: Buffer): boolean => {
  let end = PACK_HEAD;
  for (const { offset, stored } of entriesByOffset(index)) {
    if (offset !== end) return false;
    end = offset + stored;
  }
  return true;
};

const receiveWhole = async (folder: string, { pack, index }: PackShare, take: Take): Promise<void> => {
  const draft = openDraft(folder);
  try {
    const running = startDigest();
    const write = (bytes: Uint8Array) => {
      draft.write(bytes);
      running.update(bytes);
    };
    write(PACK_MAGIC);
    for (const range of joinRanges(partsOf(entriesByOffset(index))))
      await take(pack, range, ({ stored }) => write(stored));
    draft.write(packFooter(index, running.digest()));
    draft.publish(join(folder, `${pack}.pack`));
  } finally {
    draft.discard();
  }
  syncFolder(folder);
  writeDurably(join(folder, `${pack}.index`), index);
};

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
