import { randomUUID } from 'node:crypto';
import { copyFileSync, existsSync, mkdirSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { dataUnreadable } from '../faults.ts';
import { download } from '../fetch/download.ts';
import { needSpace } from '../fetch/free-space.ts';
import { lockPart } from '../fetch/lock-part.ts';
import type { JobContext } from '../pipeline/job.ts';
import { syncFolder } from '../versions/durable.ts';
import { builtInOf, type BuiltIn, type BuiltInName } from './built-in.ts';
import { findSource } from './built-in-source.ts';
import { LABEL_NAMES } from './idx.ts';
import { unpack } from './unpack.ts';

export interface FetchOrder {
  readonly name: BuiltInName;
  /** `data.source`; null for the data set's home. */
  readonly source: string | null;
  /** Folder of the workspace. */
  readonly root: string;
  /** What is fetched is kept there for all workspaces. */
  readonly cacheFolder: string;
}

/**
 * Brings a built-in data set: from its home, from a mirror of the same files, or from a folder where its files lie
 * already, packed or not. What was fetched once is used again, without a network.
 * @param wanted another description of the data set, for tests: nobody downloads 170 MB there
 * @returns the folder that holds its files as they are read
 * @throws Fault `download-failed`, `disk-full` or `dataset-unreadable`, or the signal's reason
 */
export const fetchBuiltIn = async (
  { name, source, root, cacheFolder }: FetchOrder,
  context: JobContext,
  wanted: BuiltIn = builtInOf(name),
): Promise<string> => {
  context.signal.throwIfAborted();
  const place = findSource(source, root, wanted);
  if (place.kind === 'data') {
    context.log('info', `${name} is taken as it lies in ${place.folder}; no checksum is compared.`);
    return place.folder;
  }
  const kept = join(cacheFolder, 'datasets', name);
  if (existsSync(kept)) return kept;
  mkdirSync(dirname(kept), { recursive: true, mode: 0o700 });
  const unlock = await lockPart(kept, context.signal);
  try {
    // Another process may have brought it while this one waited.
    if (existsSync(kept)) return kept;
    needSpace(cacheFolder, wanted.bytes);
    // The files of MNIST and Fashion-MNIST have the same names.
    const downloads = join(cacheFolder, 'downloads', name);
    const files = await bring({ name, wanted, base: place.base, downloads }, context);
    await keep({ name, wanted, files, kept }, context);
    rmSync(downloads, { recursive: true, force: true });
    return kept;
  } finally {
    unlock();
  }
};

interface Bringing {
  readonly name: string;
  readonly wanted: BuiltIn;
  readonly base: URL;
  readonly downloads: string;
}

const bring = async ({ name, wanted, base, downloads }: Bringing, { signal, progress }: JobContext) => {
  const paths: string[] = [];
  for (const [at, file] of wanted.files.entries()) {
    const tell = (bytes: number, total: number | null): void =>
      progress(
        total === null ? null : (at + bytes / total) / wanted.files.length,
        `${name}: ${megabytes(bytes)}${total === null ? '' : ` of ${megabytes(total)}`} MB of ${file.name}`,
      );
    const url = new URL(file.name, base).href;
    const { checksum } = file;
    paths.push(await download({ url, checksum, folder: downloads, name: file.name, signal, progress: tell }));
  }
  return paths;
};

const megabytes = (bytes: number): string => (bytes / 1e6).toFixed(1);

interface Keeping {
  readonly name: string;
  readonly wanted: BuiltIn;
  readonly files: readonly string[];
  readonly kept: string;
}

/** Fills a folder under another name first: one with the final name is always a whole one. */
const keep = async ({ name, wanted, files, kept }: Keeping, { signal, progress }: JobContext): Promise<void> => {
  const draft = `${kept}.${randomUUID()}.tmp`;
  mkdirSync(draft, { mode: 0o700 });
  try {
    const { members, classes } = wanted;
    if (members === null) {
      for (const [at, file] of wanted.files.entries()) copyFileSync(files[at] ?? '', join(draft, file.name));
    } else {
      progress(null, `${name}: unpacking`);
      for (const file of files) await unpackWhole(file, { folder: draft, members, signal });
    }
    if (classes !== null) writeFileSync(join(draft, LABEL_NAMES), `${classes.join('\n')}\n`);
    renameSync(draft, kept);
    syncFolder(dirname(kept));
  } finally {
    rmSync(draft, { recursive: true, force: true });
  }
};

const unpackWhole = async (archive: string, into: Parameters<typeof unpack>[1]): Promise<void> => {
  const found = await unpack(archive, into);
  const missing = into.members.find((member) => !found.has(member));
  if (missing !== undefined) throw dataUnreadable(archive, `it lacks ${missing}`);
};
