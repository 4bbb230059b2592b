import type { Hash } from '../contract/ids.ts';
import type { Training } from '../contract/training.ts';
import type { Objects } from '../versions/objects.ts';

/** What a builder of one kind of data needs to know. */
export interface BuildOrder {
  readonly hash: Hash;
  readonly path: string;
  readonly data: Training['data'];
  readonly features: Training['features'];
  readonly objects: Objects;
  readonly objectsFolder: string;
  readonly featuresFolder: string;
  /** Path of the program that decodes pictures in threads; null to decode them in this one. */
  readonly decoder: string | null;
}
