import type { ComparedFile, ComparedFilePage, FileChangeKind } from '../../sidecar/contract/data-difference.ts';

/** Files fetched at once. */
const PAGE = 200;

/** Rows of a long list, as far as they have been fetched. */
export interface FilePages {
  readonly get: (change: FileChangeKind | null, index: number) => ComparedFile | undefined;
  /** Fetches what is missing of these rows, each page once. */
  readonly need: (change: FileChangeKind | null, first: number, last: number) => void;
}

export interface FilePageNeeds {
  /** The first files, whatever their change. */
  readonly first: readonly ComparedFile[];
  readonly total: (change: FileChangeKind | null) => number;
  readonly fetch: (change: FileChangeKind | null, offset: number, limit: number) => Promise<ComparedFilePage>;
  /** Rows that were missing are there. */
  readonly arrived: () => void;
}

export const filePages = ({ first, total, fetch, arrived }: FilePageNeeds): FilePages => {
  const known = new Map<FileChangeKind | null, Map<number, ComparedFile>>();
  const asked = new Set<string>();
  const rowsOf = (change: FileChangeKind | null): Map<number, ComparedFile> => {
    const rows = known.get(change) ?? startRows(change);
    known.set(change, rows);
    return rows;
  };
  /** What came with the page holds all of a kind, or its first ones, in the same order. */
  const startRows = (change: FileChangeKind | null): Map<number, ComparedFile> =>
    new Map(first.filter((file) => change === null || file.change === change).map((file, index) => [index, file]));
  const fetchPage = async (change: FileChangeKind | null, page: number): Promise<void> => {
    const { files } = await fetch(change, page * PAGE, PAGE);
    const rows = rowsOf(change);
    for (const [index, file] of files.entries()) rows.set(page * PAGE + index, file);
    arrived();
  };
  return {
    get: (change, index) => rowsOf(change).get(index),
    need: (change, from, to) => {
      const rows = rowsOf(change);
      for (let index = from; index < Math.min(to, total(change)); index += 1) {
        const page = Math.floor(index / PAGE);
        const name = `${change ?? 'all'}:${page}`;
        if (rows.has(index) || asked.has(name)) continue;
        asked.add(name);
        void fetchPage(change, page);
      }
    },
  };
};
