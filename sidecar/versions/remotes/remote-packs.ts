import { mkdirSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import type { Hash } from '../../contract/ids.ts';
import { remoteDamaged } from '../../faults.ts';
import { writeDurably } from '../durable.ts';
import { indexEntries, isIndexOf, type BlobSpan } from '../store/pack-index.ts';
import { openPacks, type BlobPlace } from '../store/packs.ts';
import { indexKey } from './layout.ts';
import { inParallel } from './parallel.ts';
import type { Transport } from './transport.ts';

/** What a remote holds, by the indexes of its packs; these are kept here, since they never change. */
export interface RemotePacks {
  readonly find: (id: Hash) => BlobPlace | undefined;
  readonly index: (pack: Hash) => Buffer;
}

export type PackEntry = BlobSpan & { readonly id: Hash };

const AT_ONCE = 16;

/**
 * @param folder of the indexes of this remote that are known here
 * @param names the packs that count: those that a list of versions names. Others may be on their way out
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
    const name = file.slice(0, -'.index'.length);
    writeDurably(join(folder, file), await fetchIndex(transport, name));
  });
  const packs = openPacks(folder);
  return { find: packs.find, index: (pack) => readFileSync(join(folder, `${pack}.index`)) };
};

/** All blobs of a pack, in the order in which they lie. */
export const entriesOf = (index: Buffer): readonly PackEntry[] =>
  [...indexEntries(index)].sort((a, b) => a.offset - b.offset);

const fetchIndex = async (transport: Transport, name: string): Promise<Buffer> => {
  const found = await transport.get(indexKey(name));
  if (found === null) throw remoteDamaged(transport.address, indexKey(name), 'it is not there');
  if (!isIndexOf(found.bytes, name))
    throw remoteDamaged(transport.address, indexKey(name), 'its bytes are not those it is named by');
  return found.bytes;
};
