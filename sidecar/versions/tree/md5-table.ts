import { createHash, randomUUID } from 'node:crypto';
import { mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import type { Hash } from '../../contract/ids.ts';
import { nodeId } from '../store/blob-id.ts';
import type { Contents } from './contents.ts';
import type { VersionFile } from './nodes.ts';

/**
 * MD5 of large files by their content, which DVC's formats ask for. It is derived: what is lost or damaged is computed
 * again, so nothing is synced, and each entry carries a check of its own.
 */
export interface Md5Table {
  readonly get: (content: Hash) => string | undefined;
  readonly put: (content: Hash, md5: string) => void;
}

/** @param folder `.trainyard/data/md5`; it need not be there yet */
export const openMd5Table = (folder: string): Md5Table => {
  const known = new Map<Hash, string>();
  const pathOf = (content: Hash) => join(folder, content.slice(0, 2), content.slice(2));
  return {
    get: (content) => {
      const md5 = known.get(content) ?? readEntry(pathOf(content), content);
      if (md5 !== undefined) known.set(content, md5);
      return md5;
    },
    put: (content, md5) => {
      if (known.get(content) === md5) return;
      const path = pathOf(content);
      mkdirSync(dirname(path), { recursive: true, mode: 0o700 });
      const draft = `${path}.${randomUUID()}.tmp`;
      writeFileSync(draft, formatEntry(content, md5), { mode: 0o600 });
      renameSync(draft, path);
      known.set(content, md5);
    },
  };
};

/** The MD5, and a hash of it together with what it belongs to. */
const formatEntry = (content: Hash, md5: string): string =>
  `${md5} ${nodeId(Buffer.from(`${content} ${md5}`)).slice(0, 16)}\n`;

const readEntry = (path: string, content: Hash): string | undefined => {
  const text = readIfThere(path);
  const md5 = text?.slice(0, 32);
  return md5 !== undefined && text === formatEntry(content, md5) ? md5 : undefined;
};

const readIfThere = (path: string): string | undefined => {
  try {
    return readFileSync(path, 'utf8');
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return undefined;
    throw error;
  }
};

/**
 * MD5 of a file: from its row, from the table, or computed from the stored bytes and put there.
 * @throws Fault `store-damaged`
 */
export const md5OfFile = (file: VersionFile, contents: Pick<Contents, 'pieces'>, table: Md5Table): string => {
  const known = file.md5 ?? table.get(file.content);
  if (known !== undefined) return known;
  const running = createHash('md5');
  for (const piece of contents.pieces(file)) running.update(piece);
  const md5 = running.digest('hex');
  table.put(file.content, md5);
  return md5;
};
