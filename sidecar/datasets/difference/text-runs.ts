import type { Hash } from '../../contract/ids.ts';
import { sha256Of } from '../../versions/hash.ts';
import { CHUNK_MAX } from '../../versions/store/chunker.ts';
import type { OpenContent } from '../../versions/tree/contents.ts';
import type { ByteRange, FilePart, FileParts } from '../../versions/tree/differing-ranges.ts';
import { isCut } from '../../versions/tree/levels.ts';
import type { KnownRuns, RunFacts } from './known-runs.ts';
import { scanEdges, type RecordEnds } from './record-edges.ts';

/** Some chunks of a file that lie next to each other; they are grouped alike in all versions of it. */
export interface Run extends ByteRange {
  /** Of its chunks and the one behind them. */
  readonly name: Hash;
  /** Bytes of that one; null where the file ends. */
  readonly behind: number | null;
}

/** Once in so many chunks a run ends, about half a MiB. */
const CHUNKS_A_RUN = 8;
const MOST_CHUNKS = 24;

/** @param meaning what facts of the runs depend on beside their bytes */
export const runsOf = (file: FileParts, meaning: string): readonly Run[] => {
  const runs: Run[] = [];
  let ids: Hash[] = [];
  let start = 0;
  let end = 0;
  const close = (behind: FilePart | null): void => {
    const name = sha256Of(JSON.stringify([meaning, ids, behind?.id ?? null]));
    runs.push({ start, end, name, behind: behind?.bytes ?? null });
    ids = [];
    start = end;
  };
  for (const chunk of chunksIn(file)) {
    const before = ids.at(-1);
    if (before !== undefined && (ids.length === MOST_CHUNKS || isCut(before, CHUNKS_A_RUN))) close(chunk);
    ids.push(chunk.id);
    end += chunk.bytes;
  }
  close(null);
  return runs;
};

const chunksIn = function* ({ parts, below }: FileParts): Generator<FilePart, void> {
  for (const part of parts) {
    if (part.level === 0) yield part;
    else yield* chunksIn({ parts: below(part), below });
  }
};

export interface RunWalk {
  readonly file: OpenContent;
  readonly runs: readonly Run[];
  readonly known: KnownRuns;
  readonly ends: RecordEnds;
}

/** Whole records that lie next to each other. */
export interface Step {
  readonly range: ByteRange;
  /** Null where nothing is known of them. */
  readonly facts: RunFacts | null;
  /** Keeps what was found in all of them, where they are those that begin in a run. */
  readonly keep: (found: Found) => void;
  readonly bytes: () => Buffer;
}

type Found = Pick<RunFacts, 'rows'> & Partial<Pick<RunFacts, 'spans' | 'counts'>>;

/**
 * Goes from an edge of a record through a range, run by run: each step ends at the first edge behind its run, or with the
 * range. What is known of a run holds where it is entered at the same place, since records that follow an edge do not
 * depend on what was before it.
 */
export const walkRuns = function* (walk: RunWalk, { start, end }: ByteRange): Generator<Step, void> {
  let at = start;
  for (const run of walk.runs) {
    if (run.end <= at) continue;
    if (at >= end) return;
    const rest = { start: at, end };
    const step = knownStep(walk, run, rest) ?? freshStep(walk, run, rest, at > start || run.start === 0);
    yield step;
    at = step.range.end;
  }
};

/** @returns null where nothing is known of the run, entered there */
const knownStep = (walk: RunWalk, run: Run, { start, end }: ByteRange): Step | null => {
  const facts = walk.known.get(run.name);
  if (facts?.begin !== start - run.start || run.end + facts.over > end) return null;
  const range = { start, end: run.end + facts.over };
  const bytes = () => Buffer.from(walk.file.read(range.start, range.end));
  return { range, facts, keep: keepIn(walk, run, facts), bytes };
};

/** @param isBegin whether the run will be entered there again; else nothing is kept of it */
const freshStep = (walk: RunWalk, run: Run, rest: ByteRange, isBegin: boolean): Step => {
  const { bytes, isEdge } = readToEdge(walk, rest, run.end);
  const range = { start: rest.start, end: rest.start + bytes.length };
  const over = range.end - run.end;
  const isWhole = run.behind === null ? over === 0 : isEdge && over >= 0 && over <= run.behind;
  const base = { begin: rest.start - run.start, over, rows: 0, spans: {}, counts: {} };
  return {
    range,
    facts: null,
    keep: isWhole && isBegin ? keepIn(walk, run, base) : () => undefined,
    bytes: () => bytes,
  };
};

const keepIn =
  ({ known }: RunWalk, { name }: Run, facts: RunFacts) =>
  ({ rows, spans, counts }: Found): void =>
    known.put(name, { ...facts, rows, spans: { ...facts.spans, ...spans }, counts: { ...facts.counts, ...counts } });

/** Bytes up to the first edge that is not before `target`; to the end of the range, where there is none. */
const readToEdge = ({ file, ends }: RunWalk, { start, end }: ByteRange, target: number) => {
  const stop = Math.min(end, target);
  const parts = [Buffer.from(file.read(start, stop))];
  let scan = scanEdges(ends, false);
  scan.push(parts[0] ?? Buffer.alloc(0));
  let edge = scan.last() === stop - start ? stop : null;
  for (let at = stop; edge === null && at < end;) {
    const piece = Buffer.from(file.read(at, Math.min(end, at + CHUNK_MAX)));
    scan = scanEdges(ends, scan.isInside());
    scan.push(piece);
    const first = scan.first();
    if (first !== null) edge = at + first;
    parts.push(first === null ? piece : piece.subarray(0, first));
    at += piece.length;
  }
  return { bytes: Buffer.concat(parts), isEdge: edge !== null };
};
