import type { Contents } from '../../versions/tree/contents.ts';
import { differingRanges, type DifferingRange } from '../../versions/tree/differing-ranges.ts';
import { tableKind } from '../table.ts';
import type { StateFile } from './data-state.ts';
import { divideParquet } from './divide-parquet.ts';
import { divideCsv, divideJsonLines } from './divide-text-tables.ts';
import type { DividedTables, OpenTables, Undivided } from './divided-table.ts';

export interface DivisionSide {
  readonly file: StateFile;
  readonly contents: Pick<Contents, 'open' | 'parts'>;
}

export interface DivisionOrder extends Pick<OpenTables, 'header' | 'seen' | 'runs'> {
  readonly from: DivisionSide;
  readonly to: DivisionSide;
  /** How the table is named in messages. */
  readonly shown: string;
}

/** Which tables are worth dividing, and by how much they may differ. */
export interface DivisionLimits {
  /** Bytes of the larger file from which on. */
  readonly fewestBytes: number;
  /** Share of its rows that may differ, and of the bytes of a text. */
  readonly mostShare: number;
  /** Bytes that may differ on either side; names of their rows are held in memory. */
  readonly mostBytes: number;
}

/** Smaller tables are read as a whole in no time, and where much differs, most of what is told needs all rows. */
export const DIVISION_LIMITS: DivisionLimits = { fewestBytes: 8 << 20, mostShare: 0.02, mostBytes: 32 << 20 };

/** Chunks differ as a whole for one byte: so many times more of them may be read to find what does. */
const CHUNKS_FOR_ROWS = 4;

const divisions = { csv: divideCsv, jsonl: divideJsonLines, parquet: divideParquet };

/** Tables as parts, until `close`. */
export interface OpenDivision extends DividedTables {
  /** Share of rows that may turn out to differ; with more, the whole must be read. */
  readonly mostShare: number;
  readonly close: () => void;
}

/**
 * Two tables as parts, by the names of the chunks of their files.
 * @returns why not, where they are small, or where too much of them differs
 * @throws Fault `dataset-unreadable` for a file that is none of its kind, `store-damaged`
 */
export const divideTables = async (
  { from, to, header, shown, seen, runs }: DivisionOrder,
  { fewestBytes, mostShare, mostBytes }: DivisionLimits,
): Promise<OpenDivision | Undivided> => {
  const bytes = Math.max(from.file.size, to.file.size);
  const kind = tableKind(to.file.path);
  if (bytes < fewestBytes) return { undivided: `a file of ${inMb(bytes)} is small` };
  if (kind !== tableKind(from.file.path)) return { undivided: 'it was a file of another kind' };
  const most = Math.min(mostBytes, Math.floor(bytes * mostShare));
  const pieces = from.contents.parts(from.file);
  const ranges = [...differingRanges(pieces, to.contents.parts(to.file))];
  const differing = bytesOf(ranges);
  if (kind !== 'parquet' && differing > CHUNKS_FOR_ROWS * most)
    return { undivided: `its chunks differ in ${inMb(differing)}` };
  const [old, now] = [from.contents.open(from.file), to.contents.open(to.file)];
  const close = (): void => {
    old.close();
    now.close();
  };
  try {
    const files = { from: { ...from.file, shown }, to: { ...to.file, shown } };
    const opened = { from: old, to: now, files, ranges, header, mostBytes: most, pieces, runs, seen };
    const divided = await divisions[kind](opened);
    if ('undivided' in divided) {
      close();
      return divided;
    }
    return { ...divided, mostShare, close };
  } catch (error) {
    close();
    throw error;
  }
};

const inMb = (bytes: number): string => `${(bytes / 1e6).toFixed(1)} MB`;

const bytesOf = (ranges: readonly DifferingRange[]): number =>
  ranges.reduce((sum, { from, to }) => sum + Math.max(from.end - from.start, to.end - to.start), 0);
