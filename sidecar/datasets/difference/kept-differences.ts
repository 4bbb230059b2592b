import {
  closeSync,
  fstatSync,
  mkdirSync,
  openSync,
  readdirSync,
  readFileSync,
  readSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import {
  DataDifference,
  type ComparedFile,
  type ComparedFilePage,
  type FileChangeKind,
} from '../../contract/data-difference.ts';
import type { Hash } from '../../contract/ids.ts';
import { differenceMissing } from '../../faults.ts';
import type { FileChange } from './data-state.ts';
import { toCompared } from './files-difference.ts';
import { writeWhole } from '../../versions/durable.ts';
import { ifThere } from '../../versions/if-there.ts';

/** Differences that have been computed, one folder each: the noun, the list of all files, and sheets of pictures. */
export interface KeptDifferences {
  /** Null when it was never computed, or long ago. */
  readonly recall: (id: Hash) => DataDifference | null;
  /** @throws Fault `version-missing` */
  readonly get: (id: Hash) => DataDifference;
  /** Keeps the list of files in pages that can be read on their own. */
  readonly keepFiles: (id: Hash, changes: Iterable<FileChange>) => void;
  /** @returns its path */
  readonly keepSheet: (id: Hash, png: Uint8Array, sheet: number) => string;
  /** Makes it known, and forgets the oldest. */
  readonly keep: (difference: DataDifference) => void;
  /** @throws Fault `version-missing` */
  readonly files: (id: Hash, page: FilePage) => ComparedFilePage;
}

export interface FilePage {
  readonly change: FileChangeKind | null;
  readonly offset: number;
  readonly limit: number;
}

const MOST_KEPT = 20;
/** Where a line begins and ends. */
const ENTRY_BYTES = 16;

/** @param folder may be deleted at any time: everything in it can be computed again */
export const openDifferences = (folder: string): KeptDifferences => {
  const place = (id: Hash, ...names: string[]) => join(folder, id, ...names);
  const recall = (id: Hash): DataDifference | null => {
    const text = readText(place(id, 'difference.json'));
    return text === null ? null : DataDifference.parse(JSON.parse(text));
  };
  const get = (id: Hash): DataDifference => {
    const found = recall(id);
    if (found === null) throw differenceMissing();
    return found;
  };
  return {
    recall,
    get,
    keepFiles: (id, changes) => {
      mkdirSync(place(id), { recursive: true, mode: 0o700 });
      writeFiles(place(id), changes);
    },
    keepSheet: (id, png, sheet) => {
      mkdirSync(place(id), { recursive: true, mode: 0o700 });
      const file = place(id, `pictures-${sheet}.png`);
      writeFileSync(file, png);
      return file;
    },
    keep: (difference) => {
      writeFileSync(place(difference.id, 'difference.json'), JSON.stringify(difference));
      forgetOldest(folder);
    },
    files: (id, page) => {
      get(id);
      return readPage(place(id), page);
    },
  };
};

/** Lines of all files, and where the lines of each kind begin and end. */
const writeFiles = (folder: string, changes: Iterable<FileChange>): void => {
  const lines = openWriter(join(folder, 'files.jsonl'));
  const kinds = ['added', 'removed', 'changed', 'renamed'] as const;
  const [all, ...byKind] = (['all', ...kinds] as const).map((name) => openWriter(join(folder, `${name}.offsets`)));
  let at = 0;
  const span = Buffer.alloc(ENTRY_BYTES);
  for (const change of changes) {
    const line = Buffer.from(`${JSON.stringify(toCompared(change))}\n`);
    lines.write(line);
    span.writeDoubleLE(at, 0);
    span.writeDoubleLE(at + line.length, 8);
    all?.write(span);
    byKind[kinds.indexOf(change.change)]?.write(span);
    at += line.length;
  }
  for (const writer of [lines, all, ...byKind]) writer?.close();
};

const PIECE_BYTES = 64 << 10;

/** Writes a file in pieces, so that no list of a million files is in memory as text. */
const openWriter = (path: string) => {
  const file = openSync(path, 'w', 0o600);
  const piece = Buffer.alloc(PIECE_BYTES);
  let held = 0;
  const flush = (): void => {
    writeWhole(file, piece.subarray(0, held));
    held = 0;
  };
  return {
    write: (bytes: Uint8Array): void => {
      if (held + bytes.length > PIECE_BYTES) flush();
      if (bytes.length > PIECE_BYTES) writeWhole(file, bytes);
      else {
        piece.set(bytes, held);
        held += bytes.length;
      }
    },
    close: (): void => {
      flush();
      closeSync(file);
    },
  };
};

const readPage = (folder: string, { change, offset, limit }: FilePage): ComparedFilePage => {
  const index = openSync(join(folder, `${change ?? 'all'}.offsets`), 'r');
  const lines = openSync(join(folder, 'files.jsonl'), 'r');
  try {
    const total = fstatSync(index).size / ENTRY_BYTES;
    const wanted = readAt(index, offset * ENTRY_BYTES, Math.max(0, Math.min(limit, total - offset)) * ENTRY_BYTES);
    const files = Array.from({ length: wanted.length / ENTRY_BYTES }, (_, at) => {
      const [start, end] = [wanted.readDoubleLE(at * ENTRY_BYTES), wanted.readDoubleLE(at * ENTRY_BYTES + 8)];
      return JSON.parse(readAt(lines, start, end - start).toString('utf8')) as ComparedFile;
    });
    return { total, files };
  } finally {
    closeSync(index);
    closeSync(lines);
  }
};

const readAt = (file: number, at: number, length: number): Buffer => {
  const bytes = Buffer.alloc(length);
  return bytes.subarray(0, length === 0 ? 0 : readSync(file, bytes, 0, length, at));
};

const forgetOldest = (folder: string): void => {
  const kept = readdirSync(folder)
    .map((name) => ({ path: join(folder, name), at: statSync(join(folder, name)).mtimeMs }))
    .sort((a, b) => b.at - a.at);
  for (const { path } of kept.slice(MOST_KEPT)) rmSync(path, { recursive: true, force: true });
};

const readText = (file: string): string | null => ifThere(() => readFileSync(file, 'utf8'));
