import { mkdirSync } from 'node:fs';
import { dirname } from 'node:path';
import Sqlite from 'better-sqlite3';
import { Fault } from '../faults.ts';
import { migrations } from './migrations.ts';

export type Database = Sqlite.Database;

/** SQLite before 3.51.3 can corrupt a WAL database when two connections write and checkpoint at once. */
const OLDEST_SAFE_SQLITE = [3, 51, 3];

/**
 * Opens the workspace's database and brings it to the newest schema.
 * WAL with `synchronous=FULL`: a commit that was answered survives power loss, not only a crash.
 * @throws Fault `store-newer` when a later Trainyard wrote it, `store-damaged` when it is no database.
 */
export const openDatabase = (path: string): Database => {
  mkdirSync(dirname(path), { recursive: true, mode: 0o700 });
  const database = open(path);
  database.pragma('journal_mode = WAL');
  database.pragma('synchronous = FULL');
  database.pragma('foreign_keys = ON');
  database.pragma('busy_timeout = 5000');
  refuseUnsafeSqlite(sqliteVersion(database));
  migrate(database, path);
  return database;
};

export const sqliteVersion = (database: Database): string =>
  String(database.prepare('select sqlite_version()').pluck().get());

const open = (path: string): Database => {
  try {
    const database = new Sqlite(path);
    database.pragma('schema_version');
    return database;
  } catch (error) {
    // A full disk or a missing permission is no damage, and nothing that moving the file away would heal.
    if (!(error instanceof Sqlite.SqliteError) || !/^SQLITE_(NOTADB|CORRUPT)/.test(error.code)) throw error;
    throw new Fault('store-damaged', `${path} is not a readable database.`, {
      hint: 'Move it away to begin anew; objects and data are untouched.',
      cause: error,
    });
  }
};

const refuseUnsafeSqlite = (version: string): void => {
  const parts = version.split('.').map(Number);
  const difference = OLDEST_SAFE_SQLITE.map((least, at) => (parts[at] ?? 0) - least).find((step) => step !== 0) ?? 0;
  if (difference < 0) {
    throw new Fault('store-damaged', `SQLite ${version} can damage a database in WAL mode; 3.51.3 or later is needed.`);
  }
};

const migrate = (database: Database, path: string): void => {
  const current = Number(database.pragma('user_version', { simple: true }));
  if (current > migrations.length) {
    throw new Fault('store-newer', `${path} was written by a later version of Trainyard.`, {
      hint: 'Update Trainyard to open this workspace; nothing was changed.',
    });
  }
  for (const [index, statements] of migrations.entries()) {
    if (index < current) continue;
    // One transaction a step: a crash leaves the old schema or the new one, never something between.
    database.transaction(() => {
      database.exec(statements);
      database.pragma(`user_version = ${index + 1}`);
    })();
  }
};
