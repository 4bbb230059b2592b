import type { RemoteSettings } from './config/dvc-config.ts';
import type { Environment } from './config/environment.ts';

export interface TransportNeeds {
  readonly remote: RemoteSettings;
  /** Where keys may stand: `AWS_…`, `SSH_AUTH_SOCK`. */
  readonly environment: Environment;
  readonly signal: AbortSignal;
}

/** An object as a listing tells of it. */
export interface Listed {
  readonly key: string;
  readonly bytes: number;
}

/** What is there of an object that never came to be. */
export interface Leftover {
  readonly key: string;
  /** When something of it was written, in milliseconds since 1970. */
  readonly at: number;
  readonly remove: () => Promise<void>;
}

/** A small object, whole, and what tells it from every other content of the same key. */
export interface Tagged {
  readonly bytes: Buffer;
  readonly tag: string;
}

/** Bytes to be sent. Any part of them may be asked for more than once, since a part that got lost is sent again. */
export interface Source {
  readonly size: number;
  /** The bytes from `start` up to, not including, `end`. */
  readonly read: (start: number, end: number) => Promise<Uint8Array> | Uint8Array;
}

/**
 * Objects by key in some place, local or far. Keys are relative, with forward slashes. An object is there whole or not
 * at all, whatever breaks; transient failures are tried again inside. All refusals are Faults `remote-…`.
 */
export interface Transport {
  /** For people; without credentials. */
  readonly address: string;
  /** A web server that gives out files cannot say which there are. */
  readonly canList: boolean;
  /** @returns null where there is no such object */
  readonly get: (key: string) => Promise<Tagged | null>;
  /** The bytes from `start` up to `end`, neither more nor fewer. @throws Fault `remote-damaged` where there are fewer */
  readonly read: (key: string, start: number, end: number) => Promise<Buffer>;
  /** @returns null where there is no such object */
  readonly size: (key: string) => Promise<number | null>;
  /** In no order that may be relied upon. */
  readonly list: (prefix: string) => AsyncGenerator<Listed, void>;
  /**
   * Whoever puts a key puts the same bytes: keys that are put name their content. So what an earlier try has brought of
   * a large object need not be sent again.
   * @param sent told how many bytes more are there
   */
  readonly put: (key: string, source: Source, sent?: (bytes: number) => void) => Promise<void>;
  /**
   * Replaces a small object only if its tag still is `from`; `null`: only if there is none. Never loses a write of
   * somebody else. After a broken connection it may say false although it has written: read again to know.
   * @returns whether it was replaced
   */
  readonly swap: (key: string, bytes: Uint8Array, from: string | null) => Promise<boolean>;
  /** Keys that are not there are no error. */
  readonly remove: (keys: readonly string[]) => Promise<void>;
  /** What puts that broke off have left below a folder: it is no object, and takes up room. */
  readonly leftovers: (prefix: string) => AsyncGenerator<Leftover, void>;
  readonly close: () => Promise<void>;
}

/** The largest piece that is held in memory: what is larger goes in parts. */
export const PART_BYTES = 16 << 20;
/** A piece of what goes in one stream; several streams are under way at once. */
const PIECE_BYTES = 4 << 20;

export const sourceOf = (bytes: Uint8Array): Source => ({
  size: bytes.length,
  read: (start, end) => bytes.subarray(start, end),
});

/** All of it, in pieces that memory can hold. */
export const piecesOf = async function* (source: Source): AsyncGenerator<Uint8Array, void> {
  for (let at = 0; at < source.size; at += PIECE_BYTES)
    yield await source.read(at, Math.min(source.size, at + PIECE_BYTES));
};
