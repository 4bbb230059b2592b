import { mkdirSync, readdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import type { Hash } from '../../contract/ids.ts';
import { remoteDamaged } from '../../faults.ts';
import { writeDurably } from '../durable.ts';
import { parsePackFile } from '../store/pack-file.ts';
import { isIndexOf, type BlobSpan } from '../store/pack-index.ts';
import { openPacks, type BlobPlace } from '../store/packs.ts';
import { indexFolder, indexKey, packsFolder } from './layout.ts';
import { inParallel } from './parallel.ts';
import type { Transport } from './transport.ts';

/** What a remote holds, by the indexes of its packs; these are kept here, since they never change. */
export interface RemotePacks {
  readonly find: (id: Hash) => BlobPlace | undefined;
  /** The index of a pack in which something was found. */
  readonly index: (pack: Hash) => Buffer;
}

export type PackEntry = BlobSpan & { readonly id: Hash };

const AT_ONCE = 16;

/**
 * @param folder of the indexes of this remote that are known here
 * @param names the packs that count: those that a list of versions names. Others may be on their way out. One whose
 * index has gone holds nothing that can be found; whoever needs it says so
 */
export const openRemotePacks = async (
  transport: Transport,
  folder: string,
  names: readonly Hash[],
): Promise<RemotePacks> => {
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  const wanted = new Set<string>(names.map((name) => `${name}.index`));
  for (const file of readdirSync(folder)) if (!wanted.delete(file)) rmSync(join(folder, file), { force: true });
  await inParallel(wanted, AT_ONCE, async (file) => {
    const index = await fetchIndex(transport, file.slice(0, -'.index'.length));
    if (index !== null) writeDurably(join(folder, file), index);
  });
  const packs = openPacks(folder);
  return {
    find: packs.find,
    index: (pack) => {
      const index = packs.index(pack);
      if (index === undefined) throw new Error(`${pack} is none of the packs that are known`);
      return index;
    },
  };
};

/** Packs and indexes that lie in a remote, whether or not a list of versions names them. */
export interface PacksThere {
  readonly bytesOf: (pack: Hash) => number | undefined;
  /** Whether the pack is there, and its index. */
  readonly isWhole: (pack: Hash) => boolean;
  /** All of which there is a part. */
  readonly names: () => Hash[];
}

export const listPacks = async (transport: Transport): Promise<PacksThere> => {
  const packs = await listBelow(transport, packsFolder, 'pack');
  const indexes = await listBelow(transport, indexFolder, 'index');
  return {
    bytesOf: (pack) => packs.get(pack),
    isWhole: (pack) => packs.has(pack) && indexes.has(pack),
    names: () => [...new Set([...packs.keys(), ...indexes.keys()])],
  };
};

const listBelow = async (transport: Transport, folder: string, part: 'pack' | 'index'): Promise<Map<Hash, number>> => {
  const there = new Map<Hash, number>();
  for await (const { key, bytes } of transport.list(folder)) {
    const file = parsePackFile(key.slice(folder.length));
    if (file?.part === part) there.set(file.name as Hash, bytes);
  }
  return there;
};

/** @returns null where there is none */
const fetchIndex = async (transport: Transport, name: string): Promise<Buffer | null> => {
  const found = await transport.get(indexKey(name));
  if (found === null) return null;
  if (!isIndexOf(found.bytes, name))
    throw remoteDamaged(transport.address, indexKey(name), 'its bytes are not those it is named by');
  return found.bytes;
};
