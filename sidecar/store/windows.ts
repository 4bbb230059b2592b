import type { Database } from './database.ts';

/** A closed window of live traffic. What is in `body` is the watch's affair: sketches, never rows. */
export interface StoredWindow {
  readonly openedAt: number;
  readonly closedAt: number;
  readonly rows: number;
  readonly body: unknown;
}

export interface WindowStore {
  /** Adds a window and removes the oldest beyond `kept`. */
  readonly add: (endpoint: string, version: number, window: StoredWindow, kept: number) => void;
  /** The newest `limit` windows of a version, oldest first. */
  readonly newest: (endpoint: string, version: number, limit: number) => readonly StoredWindow[];
  /** Keeps the window that is still filling; the last one saved counts. */
  readonly saveOpen: (endpoint: string, version: number, body: unknown) => void;
  /** @returns the window that was filling, null when there is none */
  readonly findOpen: (endpoint: string, version: number) => unknown;
}

interface Row {
  readonly openedAt: number;
  readonly closedAt: number;
  readonly rows: number;
  readonly body: string;
}

export const createWindowStore = (database: Database): WindowStore => {
  const insert = database.prepare<[string, number, number, number, number, string]>(
    'insert into windows (endpoint, version, opened_at, closed_at, rows, body) values (?, ?, ?, ?, ?, ?)',
  );
  const prune = database.prepare<[string, number, string, number, number]>(
    `delete from windows where endpoint = ? and version = ? and id <=
       (select id from windows where endpoint = ? and version = ? order by id desc limit 1 offset ?)`,
  );
  const newest = database.prepare<[string, number, number], Row>(
    `select opened_at as openedAt, closed_at as closedAt, rows, body
       from windows where endpoint = ? and version = ? order by id desc limit ?`,
  );
  const saveOpen = database.prepare<[string, number, string]>(
    `insert into open_windows (endpoint, version, body) values (?, ?, ?)
       on conflict (endpoint, version) do update set body = excluded.body`,
  );
  const findOpen = database.prepare<[string, number], { body: string }>(
    'select body from open_windows where endpoint = ? and version = ?',
  );
  const add = database.transaction((endpoint: string, version: number, window: StoredWindow, kept: number) => {
    insert.run(endpoint, version, window.openedAt, window.closedAt, window.rows, JSON.stringify(window.body));
    prune.run(endpoint, version, endpoint, version, kept);
  });
  return {
    add,
    saveOpen: (endpoint, version, body) => void saveOpen.run(endpoint, version, JSON.stringify(body)),
    findOpen: (endpoint, version) => {
      const row = findOpen.get(endpoint, version);
      return row === undefined ? null : (JSON.parse(row.body) as unknown);
    },
    newest: (endpoint, version, limit) =>
      newest
        .all(endpoint, version, limit)
        .reverse()
        .map((row) => ({ ...row, body: JSON.parse(row.body) as unknown })),
  };
};
