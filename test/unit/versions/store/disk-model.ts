import fs from 'node:fs';
import { syncBuiltinESMExports } from 'node:module';
import { dirname, join, relative } from 'node:path';

/** What a process asked of the disk, and what it told its user. Paths are relative to the recorded folder. */
export type Operation =
  | { readonly what: 'folder'; readonly path: string }
  | { readonly what: 'create'; readonly path: string; readonly file: number }
  | { readonly what: 'write'; readonly file: number; readonly bytes: Buffer }
  | { readonly what: 'sync'; readonly file: number }
  | { readonly what: 'syncFolder'; readonly path: string }
  | { readonly what: 'rename'; readonly from: string; readonly to: string }
  | { readonly what: 'remove'; readonly path: string }
  | { readonly what: 'acknowledge'; readonly word: string };

const patched = [
  'openSync',
  'writeSync',
  'fsync',
  'fsyncSync',
  'closeSync',
  'renameSync',
  'mkdirSync',
  'rmSync',
  'writeFileSync',
] as const;

export interface Recording {
  readonly operations: readonly Operation[];
  readonly acknowledge: (word: string) => void;
  readonly stop: () => void;
}

/** Notes every change below `root` that this process makes by synchronous calls, and their syncs, in their order. */
export const recordDisk = (root: string): Recording => {
  const operations: Operation[] = [];
  const real = Object.fromEntries(patched.map((name) => [name, fs[name]])) as Pick<typeof fs, (typeof patched)[number]>;
  const open = new Map<number, { readonly file: number } | { readonly folder: string }>();
  let files = 0;
  const inside = (path: unknown): string | null => {
    const way = typeof path === 'string' ? relative(root, path) : '..';
    return way.startsWith('..') ? null : way;
  };
  const create = (path: string): number => {
    files += 1;
    operations.push({ what: 'create', path, file: files });
    return files;
  };
  const noteSync = (handle: number): void => {
    const target = open.get(handle);
    if (target === undefined) return;
    operations.push('file' in target ? { what: 'sync', ...target } : { what: 'syncFolder', path: target.folder });
  };
  Object.assign(fs, {
    openSync: (path: string, flags: string, mode?: number) => {
      const handle = real.openSync(path, flags, mode);
      const way = inside(path);
      if (way !== null && flags.startsWith('w')) open.set(handle, { file: create(way) });
      else if (way !== null && fs.fstatSync(handle).isDirectory()) open.set(handle, { folder: way });
      return handle;
    },
    writeSync: (handle: number, bytes: Buffer, from: number, length: number) => {
      const written = real.writeSync(handle, bytes, from, length);
      const target = open.get(handle);
      if (target !== undefined && 'file' in target) {
        operations.push({ what: 'write', file: target.file, bytes: Buffer.from(bytes.subarray(from, from + written)) });
      }
      return written;
    },
    fsync: (handle: number, told: (error: Error | null) => void) => {
      real.fsync(handle, (error) => {
        if (error === null) noteSync(handle);
        told(error);
      });
    },
    fsyncSync: (handle: number) => {
      real.fsyncSync(handle);
      noteSync(handle);
    },
    closeSync: (handle: number) => {
      open.delete(handle);
      real.closeSync(handle);
    },
    renameSync: (from: string, to: string) => {
      real.renameSync(from, to);
      operations.push({ what: 'rename', from: inside(from)!, to: inside(to)! });
    },
    mkdirSync: (path: string, options: { recursive: true }) => {
      const first = real.mkdirSync(path, options);
      if (first === undefined) return first;
      const made: string[] = [];
      for (let at = path; ; at = dirname(at)) {
        made.unshift(at);
        if (at === first) break;
      }
      for (const one of made) operations.push({ what: 'folder', path: inside(one)! });
      return first;
    },
    rmSync: (path: string, options: object) => {
      const way = inside(path);
      if (way !== null && fs.existsSync(path)) operations.push({ what: 'remove', path: way });
      real.rmSync(path, options);
    },
    writeFileSync: (path: string, text: string, options: object) => {
      real.writeFileSync(path, text, options);
      const way = inside(path);
      if (way !== null) operations.push({ what: 'write', file: create(way), bytes: Buffer.from(text) });
    },
  });
  syncBuiltinESMExports();
  return {
    operations,
    acknowledge: (word) => void operations.push({ what: 'acknowledge', word }),
    stop: () => {
      Object.assign(fs, real);
      syncBuiltinESMExports();
    },
  };
};

/** Bytes of files by path; a folder ends with a slash and has none. */
export type DiskState = ReadonlyMap<string, Buffer>;

interface Inode {
  data: Buffer;
  /** What is on the platters. */
  synced: Buffer;
}

type Names = Map<string, number | 'folder'>;

/** Which of what was not synced a power loss spares. */
export interface Spared {
  /** Whether a changed name of a folder is as it was last, and not as it was synced. */
  readonly name: (path: string) => boolean;
  /** How many of the bytes that were not synced are there. */
  readonly bytes: (unsynced: number) => number;
}

/**
 * A disk after some operations. A process that is killed leaves all of them. A power loss leaves of names what their
 * folder was synced with and of bytes what their file was synced with, and of the rest anything.
 */
export const createDisk = () => {
  const inodes = new Map<number, Inode>();
  const now: Names = new Map();
  const synced: Names = new Map();
  const acknowledged: string[] = [];

  const below = (path: string) => [...now.keys()].filter((name) => name === path || name.startsWith(`${path}/`));
  const rename = (from: string, to: string) => {
    for (const name of below(from)) {
      const target = now.get(name)!;
      now.delete(name);
      now.set(to + name.slice(from.length), target);
    }
  };
  const apply = (operation: Operation): void => {
    switch (operation.what) {
      case 'folder':
        return void now.set(operation.path, 'folder');
      case 'create':
        inodes.set(operation.file, { data: Buffer.alloc(0), synced: Buffer.alloc(0) });
        return void now.set(operation.path, operation.file);
      case 'write': {
        const inode = inodes.get(operation.file)!;
        inode.data = Buffer.concat([inode.data, operation.bytes]);
        return;
      }
      case 'sync': {
        const inode = inodes.get(operation.file)!;
        inode.synced = inode.data;
        return;
      }
      case 'syncFolder':
        return syncNames(operation.path);
      case 'rename':
        return rename(operation.from, operation.to);
      case 'remove':
        for (const name of below(operation.path)) now.delete(name);
        return;
      case 'acknowledge':
        return void acknowledged.push(operation.word);
    }
  };
  const syncNames = (folder: string) => {
    const isIn = (name: string) => dirname(join('/', name)) === join('/', folder);
    for (const name of [...synced.keys()].filter(isIn)) synced.delete(name);
    for (const [name, target] of now) if (isIn(name)) synced.set(name, target);
  };

  const stateOf = (names: Names, bytes: (inode: Inode) => Buffer): DiskState => {
    const state = new Map<string, Buffer>();
    for (const [name, target] of names) {
      const folder = dirname(name);
      if (folder !== '.' && names.get(folder) !== 'folder') continue;
      state.set(
        target === 'folder' ? `${name}/` : name,
        target === 'folder' ? Buffer.alloc(0) : bytes(inodes.get(target)!),
      );
    }
    return state;
  };
  return {
    apply,
    acknowledged: (): readonly string[] => acknowledged,
    /** @param torn bytes of the last write to the file that are not there */
    killed: (torn?: { readonly file: number; readonly bytes: number }): DiskState =>
      stateOf(now, (inode) => {
        const cut = torn !== undefined && inodes.get(torn.file) === inode ? torn.bytes : 0;
        return inode.data.subarray(0, inode.data.length - cut);
      }),
    powerless: ({ name: isSpared, bytes }: Spared): DiskState => {
      const names: Names = new Map();
      for (const name of new Set([...synced.keys(), ...now.keys()])) {
        const target = isSpared(name) ? now.get(name) : synced.get(name);
        if (target !== undefined) names.set(name, target);
      }
      return stateOf(names, (inode) => {
        const kept = bytes(inode.data.length - inode.synced.length);
        return inode.data.subarray(0, inode.synced.length + kept);
      });
    },
  };
};

/** A folder on a real disk that is brought from one state to the next by what differs. */
export const createStage = (folder: string) => {
  let shown: DiskState = new Map();
  return {
    show: (state: DiskState): void => {
      fs.mkdirSync(folder, { recursive: true });
      for (const name of [...shown.keys()].sort().reverse()) {
        if (!state.has(name)) fs.rmSync(join(folder, name), { recursive: true, force: true });
      }
      for (const [name, bytes] of [...state].sort(([a], [b]) => (a < b ? -1 : 1))) {
        if (name.endsWith('/')) fs.mkdirSync(join(folder, name), { recursive: true });
        else if (shown.get(name)?.equals(bytes) !== true) fs.writeFileSync(join(folder, name), bytes);
      }
      shown = state;
    },
    /** After something else has written there. */
    clear: (): void => {
      fs.rmSync(folder, { recursive: true, force: true });
      shown = new Map();
    },
  };
};
