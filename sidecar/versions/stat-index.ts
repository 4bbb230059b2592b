import { readFileSync } from 'node:fs';
import { z } from 'zod';
import { Hash } from '../contract/ids.ts';
import { writeDurably } from './durable.ts';
import type { DiskFile } from './walk.ts';

export interface FileNames {
  readonly sha256: Hash;
  readonly md5: string;
}

/** Remembers the hashes of files by their inode, size and times, so that nothing unchanged is read again. */
export interface StatIndex {
  readonly recall: (file: DiskFile) => FileNames | undefined;
  readonly remember: (file: DiskFile, names: FileNames) => void;
  /** Keeps what was recalled or remembered since it was opened, if anything is new. */
  readonly save: () => void;
}

/** Identity, hashes, and the time of the look in nanoseconds. */
const Entry = z.tuple([z.string(), Hash, z.string(), z.string()]);
const File = z.object({ index: z.literal(1), files: z.record(z.string(), Entry) });
type Entry = z.infer<typeof Entry>;

/**
 * A file that changed this shortly before it was read may change again under the same time stamp,
 * so its entry proves nothing (Git's racy rule). In nanoseconds.
 */
const RACY_NS = 100_000_000n;

export const openStatIndex = (path: string): StatIndex => {
  const before = load(path);
  const after = new Map<string, Entry>();
  let changed = false;
  return {
    recall: (file) => {
      const entry = before.get(file.path);
      if (entry?.[0] !== identify(file)) return undefined;
      const [, sha256, md5, seenAt] = entry;
      if (newest(file) + RACY_NS > BigInt(seenAt)) return undefined;
      after.set(file.path, entry);
      return { sha256, md5 };
    },
    remember: (file, { sha256, md5 }) => {
      changed = true;
      after.set(file.path, [identify(file), sha256, md5, String(BigInt(Date.now()) * 1_000_000n)]);
    },
    save: () => {
      if (!changed && after.size === before.size) return;
      writeDurably(path, JSON.stringify({ index: 1, files: Object.fromEntries(after) }));
    },
  };
};

/** An index that is missing or damaged only costs time: all files are read again. */
const load = (path: string): ReadonlyMap<string, Entry> => {
  try {
    const parsed = File.safeParse(JSON.parse(readFileSync(path, 'utf8')));
    return new Map(parsed.success ? Object.entries(parsed.data.files) : []);
  } catch (error) {
    if (error instanceof SyntaxError || (error instanceof Error && 'code' in error)) return new Map();
    throw error;
  }
};

const identify = ({ stat }: DiskFile): string => [stat.dev, stat.ino, stat.size, stat.mtimeNs, stat.ctimeNs].join(':');

const newest = ({ stat }: DiskFile): bigint => (stat.mtimeNs > stat.ctimeNs ? stat.mtimeNs : stat.ctimeNs);
