import type { LogLine } from '../../sidecar/contract/run.ts';

/** A log as text, one line each: time, level, stage, words. */
export const formatLog = (lines: readonly LogLine[]): string =>
  lines.length === 0 ? 'Nothing has been logged yet.\n' : `${lines.map(formatLine).join('\n')}\n`;

/** The line to look at first, counted from 0: the last error; null when there is none. */
export const worstLine = (lines: readonly LogLine[]): number | null => {
  const index = lines.findLastIndex(({ level }) => level === 'error');
  return index < 0 ? null : index;
};

const formatLine = ({ at, level, stage, text }: LogLine): string => {
  const time = new Date(at).toISOString().slice(11, 23);
  const flat = text.replaceAll('\n', '⏎ ');
  return `${time} ${level.padEnd(5)} ${(stage ?? '').padEnd(9)} ${flat}`;
};
