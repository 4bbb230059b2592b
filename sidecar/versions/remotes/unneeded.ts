import { isDeepStrictEqual } from 'node:util';
import { z } from 'zod';
import { Hash, Instant } from '../../contract/ids.ts';
import { unneededKey } from './layout.ts';
import { changeJson, readJson, type TaggedJson } from './tagged-json.ts';
import type { Transport } from './transport.ts';

/** A pack that no list of versions named when a collection looked. */
export const UnneededPack = z.object({
  name: Hash,
  /** When that was seen first. */
  since: Instant,
  /** The collection that has announced that it removes it, and when; null before. */
  sweep: z.object({ by: z.string(), at: Instant }).nullable(),
});
export type UnneededPack = z.infer<typeof UnneededPack>;

const HEAD = { format: 'trainyard-unneeded', v: 1 } as const;
const Unneeded = z.object({
  format: z.literal(HEAD.format),
  v: z.literal(HEAD.v),
  packs: z.array(UnneededPack),
});

const unneeded: TaggedJson<z.infer<typeof Unneeded>> = {
  key: unneededKey,
  schema: Unneeded,
  name: 'list of unneeded packs',
};

/** A collection that announced a removal so long ago has ended, by itself or not: it stops long before. In milliseconds. */
export const SWEEP_MS = 3_600_000;

export const isBeingSwept = ({ sweep }: UnneededPack, now: number): boolean =>
  sweep !== null && now - sweep.at < SWEEP_MS;

export const readUnneeded = async (transport: Transport): Promise<readonly UnneededPack[]> =>
  (await readJson(transport, unneeded))?.packs ?? [];

/**
 * Changes the list on the condition that nobody else does so meanwhile.
 * @param change must leave what it has given as it is
 * @returns what is there then
 */
export const changeUnneeded = async (
  transport: Transport,
  change: (packs: readonly UnneededPack[]) => readonly UnneededPack[],
): Promise<readonly UnneededPack[]> => {
  let there: readonly UnneededPack[] = [];
  await changeJson(transport, unneeded, (before) => {
    const packs = before?.packs ?? [];
    there = change(packs);
    if (isDeepStrictEqual(there, packs)) return before;
    return { ...HEAD, packs: [...there] };
  });
  return there;
};
