import { NAME_BYTES, partOfName } from './row-names.ts';
import { createRowSet, type RowSet } from './row-set.ts';
import { openSpill, type Spill } from './spill.ts';

/** Key, contents, row number. */
const RECORD_BYTES = 2 * NAME_BYTES + 8;

/** The rows of one side by the names of their keys and of their contents, divided by key. */
export interface NamedRows {
  readonly add: (row: number, key: string, contents: string) => void;
  readonly read: Spill['read'];
  readonly close: () => void;
}

export const openNamedRows = (place: { folder: string; name: string; parts: number }): NamedRows => {
  const spill = openSpill(place);
  const record = Buffer.alloc(RECORD_BYTES);
  return {
    read: spill.read,
    close: spill.close,
    add: (row, key, contents) => {
      record.write(key, 0, 'latin1');
      record.write(contents, NAME_BYTES, 'latin1');
      record.writeDoubleLE(row, 2 * NAME_BYTES);
      spill.add(partOfName(key, place.parts), record);
    },
  };
};

/** Which rows of either side have a partner and which have none, by row number. */
export interface MatchedRows {
  readonly unchanged: number;
  readonly changed: { readonly from: RowSet; readonly to: RowSet };
  readonly removed: RowSet;
  readonly added: RowSet;
  /** Rows whose key an earlier row of their side has; of keys whose rows are not all equal on both sides, and in order. */
  readonly repeated: { readonly from: number; readonly to: number };
}

/**
 * Matches rows of equal key: the first that has it with the first, the second with the second. One part of the keys is
 * in memory at a time.
 */
export const matchRows = (
  from: Pick<NamedRows, 'read'>,
  to: Pick<NamedRows, 'read'>,
  parts: number,
  signal: AbortSignal,
): MatchedRows => {
  const changed = { from: createRowSet(), to: createRowSet() };
  const removed = createRowSet();
  const added = createRowSet();
  const repeated = { from: 0, to: 0 };
  let unchanged = 0;
  for (let part = 0; part < parts; part++) {
    signal.throwIfAborted();
    const old = recordsOf(from.read(part));
    const now = recordsOf(to.read(part));
    const waiting = queueByKey(old);
    const unequal = new Set<string>();
    for (let at = 0; at < now.count; at++) {
      const key = now.key(at);
      const partner = waiting.take(key);
      if (partner !== undefined && old.contents(partner) === now.contents(at)) {
        unchanged += 1;
        continue;
      }
      unequal.add(key);
      if (partner === undefined) added.add(now.row(at));
      else {
        changed.from.add(old.row(partner));
        changed.to.add(now.row(at));
      }
    }
    for (const left of waiting.rest()) {
      unequal.add(old.key(left));
      removed.add(old.row(left));
    }
    repeated.from += countRepeated(old, unequal);
    repeated.to += countRepeated(now, unequal);
  }
  return { unchanged, changed, removed, added, repeated };
};

/**
 * For rows without a key, whose contents were their key: those that are left on both sides with one row number are the
 * same row, changed.
 */
export const pairByPosition = ({ removed, added, ...matched }: MatchedRows): MatchedRows => {
  const { changed } = matched;
  for (const row of removed.rows()) {
    if (!added.has(row)) continue;
    changed.from.add(row);
    changed.to.add(row);
  }
  for (const row of changed.from.rows()) {
    removed.delete(row);
    added.delete(row);
  }
  return { ...matched, removed, added };
};

const countRepeated = (records: ReturnType<typeof recordsOf>, keys: ReadonlySet<string>): number => {
  if (keys.size === 0) return 0;
  const seen = new Set<string>();
  let repeated = 0;
  for (let at = 0; at < records.count; at++) {
    const key = records.key(at);
    if (!keys.has(key)) continue;
    if (seen.has(key)) repeated += 1;
    else seen.add(key);
  }
  return repeated;
};

const recordsOf = (bytes: Buffer) => ({
  count: bytes.length / RECORD_BYTES,
  key: (at: number) => bytes.toString('latin1', at * RECORD_BYTES, at * RECORD_BYTES + NAME_BYTES),
  contents: (at: number) =>
    bytes.toString('latin1', at * RECORD_BYTES + NAME_BYTES, at * RECORD_BYTES + 2 * NAME_BYTES),
  row: (at: number) => bytes.readDoubleLE(at * RECORD_BYTES + 2 * NAME_BYTES),
});

/** Records with one key, first come first served: the first by its key, each other one by the one before. */
const queueByKey = (records: ReturnType<typeof recordsOf>) => {
  const first = new Map<string, number>();
  const following = new Int32Array(records.count).fill(NONE);
  for (let at = records.count - 1; at >= 0; at--) {
    const key = records.key(at);
    following[at] = first.get(key) ?? NONE;
    first.set(key, at);
  }
  return {
    take: (key: string): number | undefined => {
      const at = first.get(key) ?? NONE;
      if (at === NONE) return undefined;
      first.set(key, following[at] ?? NONE);
      return at;
    },
    rest: function* (): Generator<number, void> {
      for (const head of first.values()) for (let at = head; at !== NONE; at = following[at] ?? NONE) yield at;
    },
  };
};

const NONE = -1;
