import type { Source } from '../transport.ts';

/** A file or a folder in a folder. */
export interface RemoteEntry {
  readonly name: string;
  readonly isFolder: boolean;
  readonly bytes: number;
  /** In milliseconds since 1970. */
  readonly modifiedAt: number;
}

/** What a file system, here or far away, must offer to hold a remote. Paths are relative to it, with forward slashes. */
export interface RemoteFiles {
  /** @returns null where there is no such file */
  readonly size: (path: string) => Promise<number | null>;
  /** The bytes from `start` up to `end`, or up to the end of the file. @returns null where there is no such file */
  readonly read: (path: string, start: number, end: number) => Promise<Buffer | null>;
  /** What a folder holds; empty where there is no such folder. */
  readonly entries: (folder: string) => Promise<readonly RemoteEntry[]>;
  /** Makes a file that is not there yet, and its folder; on the disk when this returns. */
  readonly write: (path: string, source: Source, sent: (bytes: number) => void) => Promise<void>;
  /** Gives a written file another name, which may be taken: in one step, the old content or the new. */
  readonly replace: (from: string, to: string) => Promise<void>;
  /** The same, but only if that name is free: of many that try at once, one succeeds. */
  readonly claim: (from: string, to: string) => Promise<boolean>;
  /** No error where there is none. */
  readonly remove: (path: string) => Promise<void>;
  readonly close: () => Promise<void>;
}
