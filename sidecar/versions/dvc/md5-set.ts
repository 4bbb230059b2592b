import type { Hash } from '../../contract/ids.ts';
import { createIdSet } from '../store/id-set.ts';

/** A set of MD5s: 44 bytes each, so that millions of them fit. */
export interface Md5Set {
  readonly has: (md5: string) => boolean;
  /** @returns whether it was new */
  readonly add: (md5: string) => boolean;
}

export const createMd5Set = (): Md5Set => {
  const ids = createIdSet();
  return { has: (md5) => ids.has(twice(md5)), add: (md5) => ids.add(twice(md5)) };
};

/** As long as the names that a compact set is made for. */
const twice = (md5: string): Hash => `${md5}${md5}` as Hash;
