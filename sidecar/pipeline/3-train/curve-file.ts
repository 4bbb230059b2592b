import { createHash } from 'node:crypto';
import { closeSync, fsyncSync, ftruncateSync, mkdirSync, openSync, readFileSync } from 'node:fs';
import { dirname } from 'node:path';
import type { MetricPoint } from '../../contract/run.ts';
import { writeWhole } from '../../versions/durable.ts';

/** Points of curves beside the checkpoints that they belong to: as many as a checkpoint counted are part of it. */
export interface CurveFile {
  readonly add: (point: MetricPoint) => void;
  /** Writes and syncs what was added; how many points there are now, and the hash of their bytes. */
  readonly sync: () => { readonly count: number; readonly hash: string };
  /**
   * Leaves the first `count` points and returns them, to go on behind them. Undefined, and the file is empty, where
   * their bytes are not those of the hash.
   */
  readonly rewind: (mark: { readonly count: number; readonly hash: string }) => readonly MetricPoint[] | undefined;
  readonly close: () => void;
}

/** One JSON line a point: read by nobody but us, yet readable. */
const lineOf = ({ name, step, epoch, value, at }: MetricPoint): string =>
  `${JSON.stringify([name, step, epoch, value, at])}\n`;

const pointOf = (line: string): MetricPoint => {
  const [name, step, epoch, value, at] = JSON.parse(line) as [string, number, number, number, number];
  return { name, step, epoch, value, at };
};

export const openCurveFile = (path: string): CurveFile => {
  mkdirSync(dirname(path), { recursive: true, mode: 0o700 });
  const file = openSync(path, 'a+', 0o600);
  let hash = createHash('sha256');
  let count = 0;
  let pending: string[] = [];
  const restart = (bytes: number, points: number, text: string) => {
    ftruncateSync(file, bytes);
    hash = createHash('sha256').update(text);
    count = points;
    pending = [];
  };
  return {
    add: (point) => void pending.push(lineOf(point)),
    sync: () => {
      const text = pending.join('');
      writeWhole(file, Buffer.from(text));
      fsyncSync(file);
      hash.update(text);
      count += pending.length;
      pending = [];
      return { count, hash: hash.copy().digest('hex') };
    },
    rewind: (mark) => {
      const text = firstLines(readFileSync(path, 'utf8'), mark.count);
      const whole = createHash('sha256').update(text).digest('hex') === mark.hash;
      if (!whole) {
        restart(0, 0, '');
        return undefined;
      }
      restart(Buffer.byteLength(text), mark.count, text);
      return text.split('\n').slice(0, -1).map(pointOf);
    },
    close: () => closeSync(file),
  };
};

const firstLines = (text: string, count: number): string => {
  let end = 0;
  for (let line = 0; line < count; line += 1) {
    const next = text.indexOf('\n', end);
    if (next < 0) return text;
    end = next + 1;
  }
  return text.slice(0, end);
};
