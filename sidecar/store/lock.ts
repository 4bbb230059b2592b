import { mkdirSync } from 'node:fs';
import { dirname } from 'node:path';
import Sqlite from 'better-sqlite3';

export interface Lock {
  readonly release: () => void;
}

/**
 * The right to write this workspace's store, held by an open exclusive transaction: free at once when its owner
 * dies, however it dies, with no file times or process numbers to guess from.
 * @returns null when another process holds it.
 */
export const takeLock = (path: string): Lock | null => {
  mkdirSync(dirname(path), { recursive: true, mode: 0o700 });
  const database = new Sqlite(path, { timeout: 0 });
  try {
    database.pragma('journal_mode = DELETE');
    database.exec('begin exclusive');
    return { release: () => void database.close() };
  } catch (error) {
    database.close();
    if (error instanceof Sqlite.SqliteError && error.code.startsWith('SQLITE_BUSY')) return null;
    throw error;
  }
};
