import type { Look, NoLook } from './picture-looks.ts';

/** Encoded pictures for a thread to look at. */
export interface LookOrder {
  readonly id: number;
  readonly pictures: readonly Uint8Array<ArrayBuffer>[];
}

/** What they look like, in the same order. */
export interface LookWord {
  readonly id: number;
  readonly looks: readonly (Look | NoLook)[];
}
