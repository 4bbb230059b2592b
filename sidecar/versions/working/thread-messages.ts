import type { FaultReport } from '../../contract/fault.ts';
import type { Hash } from '../../contract/ids.ts';
import type { SharedPacks } from '../store/blobs.ts';
import type { PlacedChunk } from '../tree/chunk-list.ts';
import type { VersionFile } from '../tree/version.ts';
import type { DataLocation } from './data-location.ts';
import type { LookedPart, SharedPart } from './look-part.ts';
import type { DataOnDisk, FoundBesides } from './walk.ts';

/**
 * What a thread is for: it looks at files, reads files of a data set into the store, or writes files of versions out of
 * it. One that looks tells how many files it has seen, the others how many bytes of large files they have worked on.
 */
export type ThreadRole =
  | ({
      readonly role: 'look';
      /** Folder of what is written down of files that differ. */
      readonly drafts: string;
    } & DataLocation)
  | {
      readonly role: 'read';
      readonly data: DataOnDisk;
      /** Folder of the store that the bytes go to; null to learn their names only. */
      readonly store: string | null;
    }
  | {
      readonly role: 'write';
      readonly store: string;
      /** Folder that receives the files under their paths. */
      readonly folder: string;
      /** Permission bits of the files before the umask; those of executables get the matching x bits. */
      readonly mode: number;
    };

export interface ThreadStart {
  readonly role: ThreadRole;
  /** What the process knows of the store; null for one that needs none. */
  readonly packs: SharedPacks | null;
  /** Its first number is not zero once everything is to stop. */
  readonly stop: SharedArrayBuffer;
}

/** Chunks that lie one behind the other: the first begins at `start`, each ends where the next begins. */
export interface ChunkRun {
  readonly start: number;
  /** Positions in the file. */
  readonly ends: readonly number[];
}

export type ThreadOrder =
  | ({ readonly type: 'look' } & SharedPart)
  /** Entries of files, one behind the other. */
  | { readonly type: 'read'; readonly entries: Uint8Array }
  /** Entry of one large file. */
  | { readonly type: 'md5'; readonly entry: Uint8Array }
  /** Some chunks of it. */
  | ({ readonly type: 'chunks'; readonly entry: Uint8Array } & ChunkRun)
  | { readonly type: 'commit' }
  | { readonly type: 'write'; readonly files: readonly VersionFile[] }
  /** Some chunks of a file that is there already. */
  | { readonly type: 'fill'; readonly path: string; readonly chunks: readonly PlacedChunk[] };

export type ThreadAnswer =
  | { readonly type: 'look'; readonly part: LookedPart; readonly besides: FoundBesides }
  /** The entries of the files as they were read; files that are gone are left out. */
  | { readonly type: 'read'; readonly entries: Uint8Array }
  /** Null when the file is not the one any more that the entry tells of. */
  | { readonly type: 'md5'; readonly md5: string | null }
  /** Names of the chunks; null as above. */
  | { readonly type: 'chunks'; readonly ids: readonly Hash[] | null }
  | { readonly type: 'commit' }
  /** The entries of the files as they were written, and the paths of those whose stored bytes are damaged. */
  | { readonly type: 'write'; readonly entries: Uint8Array; readonly damaged: readonly string[] }
  /** Whether the chunks were all sound. */
  | { readonly type: 'fill'; readonly sound: boolean };

/** To a thread: an order, or the end, at which it gives up what is not committed. */
export type ThreadCall = { readonly id: number; readonly order: ThreadOrder } | 'end';

export type ThreadWord =
  | { readonly id: number; readonly answer: ThreadAnswer }
  | { readonly id: number; readonly fault: FaultReport }
  /** Since the last time, in the units of its role. */
  | { readonly done: number };

/** The same bytes: what travels between threads arrives as a plain array. */
export const toBuffer = ({ buffer, byteOffset, byteLength }: Uint8Array): Buffer =>
  Buffer.from(buffer, byteOffset, byteLength);
