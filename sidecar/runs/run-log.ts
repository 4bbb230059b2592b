import { appendFileSync, mkdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { LogLine } from '../contract/run.ts';

/** Appends to the log of one run, a JSON object a line. */
export const appendRunLog = (folder: string, line: LogLine): void => {
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  appendFileSync(join(folder, 'log.jsonl'), `${JSON.stringify(line)}\n`, { mode: 0o600 });
};

/** The newest lines, oldest first; empty when the run has said nothing. A line cut off by a crash is left out. */
export const readRunLog = (folder: string, last: number): LogLine[] => {
  const lines = read(join(folder, 'log.jsonl')).split('\n');
  return lines.slice(-last - 1).flatMap((line) => parseLine(line));
};

const read = (path: string): string => {
  try {
    return readFileSync(path, 'utf8');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return '';
    throw error;
  }
};

const parseLine = (line: string): LogLine[] => {
  if (line === '') return [];
  try {
    return [LogLine.parse(JSON.parse(line))];
  } catch (error) {
    if (error instanceof SyntaxError) return [];
    throw error;
  }
};
