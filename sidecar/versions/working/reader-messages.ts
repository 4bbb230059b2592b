import type { FaultReport } from '../../contract/fault.ts';
import type { DataOnDisk } from './walk.ts';

/** What a thread that reads data is started with. */
export interface ReaderStart {
  readonly data: DataOnDisk;
  /** Folder of the store that the bytes go to; null to learn their names only. */
  readonly store: string | null;
  /** Its first number is not zero once everything is to stop. */
  readonly stop: SharedArrayBuffer;
}

export type ReaderOrder =
  /** Entries of files, one behind the other. */
  | { readonly id: number; readonly type: 'read'; readonly entries: Uint8Array }
  /** Entry of one large file. */
  | { readonly id: number; readonly type: 'md5'; readonly entry: Uint8Array }
  | { readonly id: number; readonly type: 'commit' }
  /** Gives up what is not committed; the thread ends. */
  | { readonly type: 'end' };

export type ReaderWord =
  /** The entries of the files as they were read; files that are gone are left out. */
  | { readonly id: number; readonly entries: Uint8Array }
  /** Null when the file is not the one any more that the entry tells of. */
  | { readonly id: number; readonly md5: string | null }
  | { readonly id: number; readonly done: true }
  | { readonly id: number; readonly fault: FaultReport }
  /** Of a large file, since the last time. */
  | { readonly bytes: number };

/** The same bytes: what travels between threads arrives as a plain array. */
export const toBuffer = ({ buffer, byteOffset, byteLength }: Uint8Array): Buffer =>
  Buffer.from(buffer, byteOffset, byteLength);
