import type { Hash } from '../contract/ids.ts';
import type { Training } from '../contract/training.ts';
import type { Contents } from '../versions/tree/contents.ts';

/** What a builder of one kind of data needs to know. */
export interface BuildOrder {
  readonly hash: Hash;
  readonly path: string;
  readonly data: Training['data'];
  readonly features: Training['features'];
  readonly contents: Contents;
  /** Folder of the store of data versions. */
  readonly dataFolder: string;
  readonly featuresFolder: string;
  /** Path of the program that decodes pictures in threads; null to decode them in this one. */
  readonly decoder: string | null;
}
