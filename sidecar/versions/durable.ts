import { randomUUID } from 'node:crypto';
import {
  closeSync,
  fchmodSync,
  fdatasync,
  fsync,
  fsyncSync,
  mkdirSync,
  openSync,
  renameSync,
  rmSync,
  writeSync,
} from 'node:fs';
import { dirname, join } from 'node:path';

/**
 * The one order that survives every crash: a temporary file opened for this writer alone, written, synced,
 * renamed to its name, and the folder synced. A reader sees the old bytes, the new ones, or none.
 */
export const writeDurably = (path: string, bytes: Uint8Array | string, mode = 0o600): void => {
  const draft = openDraft(dirname(path), mode);
  try {
    draft.write(typeof bytes === 'string' ? Buffer.from(bytes) : bytes);
    draft.publish(path);
  } finally {
    draft.discard();
  }
  syncFolder(dirname(path));
};

export interface Draft {
  readonly write: (bytes: Uint8Array) => void;
  /** Gives the file a mode, whatever the user's mask takes away from that of a new one. */
  readonly setMode: (mode: number) => void;
  /** Has the system begin with what was written so far, beside what goes on: `publish` waits for the rest alone. */
  readonly settleAhead: () => void;
  /** Syncs the bytes in a thread of its own, so that many drafts wait for the disk at once; `publish` need not any more. */
  readonly settle: () => Promise<void>;
  /** Syncs the bytes and gives them their name; the folder is synced by the caller, once for many files. */
  readonly publish: (path: string) => void;
  /** Removes what was not published; nothing happens after `publish`. */
  readonly discard: () => void;
}

/** A new file in `folder` under a name that nobody reads. */
export const openDraft = (folder: string, mode = 0o600): Draft => {
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  const path = join(folder, `.${randomUUID()}.tmp`);
  const file = openSync(path, 'wx', mode);
  let open = true;
  let settled = false;
  let published = false;
  let isAhead = false;
  const close = () => {
    if (open) closeSync(file);
    open = false;
  };
  return {
    write: (bytes) => writeWhole(file, bytes),
    setMode: (exact) => fchmodSync(file, exact),
    settleAhead: () => {
      if (isAhead) return;
      isAhead = true;
      // A descriptor of its own: the system tells each of a broken disk once, and `publish` must hear of it.
      const beside = openSync(path, 'r+');
      fdatasync(beside, () => {
        closeSync(beside);
        isAhead = false;
      });
    },
    settle: async () => {
      await syncBeside(file);
      settled = true;
    },
    publish: (name) => {
      if (!settled) fsyncSync(file);
      close();
      renameSync(path, name);
      published = true;
    },
    discard: () => {
      close();
      if (!published) rmSync(path, { force: true });
    },
  };
};

const syncBeside = (file: number): Promise<void> =>
  new Promise((resolve, reject) => {
    fsync(file, (error) => (error === null ? resolve() : reject(error)));
  });

/** Makes a folder and those above it, so that they outlast a power loss. */
export const makeFolder = (folder: string, mode = 0o700): void => {
  const first = mkdirSync(folder, { recursive: true, mode });
  if (first === undefined) return;
  for (let made = folder; ; made = dirname(made)) {
    syncFolder(dirname(made));
    if (made === first) return;
  }
};

/**
 * Writes all bytes: the system may take fewer than it was given.
 * @param offset in the file; left out to go on where the last write ended
 */
export const writeWhole = (file: number, bytes: Uint8Array, offset: number | null = null): void => {
  for (let at = 0; at < bytes.length;) {
    at += writeSync(file, bytes, at, bytes.length - at, offset === null ? null : offset + at);
  }
};

/** Makes renames in a folder outlast a power loss. Windows offers no such call and needs none. */
export const syncFolder = (folder: string): void => {
  if (process.platform === 'win32') return;
  const handle = openSync(folder, 'r');
  try {
    fsyncSync(handle);
  } finally {
    closeSync(handle);
  }
};
