import { appendFileSync, mkdirSync, renameSync, statSync } from 'node:fs';
import { join } from 'node:path';
import type { LogLevel } from './pipeline/job.ts';

export interface Log {
  readonly debug: (text: string, more?: object) => void;
  readonly info: (text: string, more?: object) => void;
  readonly warn: (text: string, more?: object) => void;
  readonly error: (text: string, more?: object) => void;
  readonly with: (context: object) => Log;
}

export type LogSink = (line: string) => void;

/** JSON lines: time, level, text, context. Secrets never reach it: values of known tokens are blanked out. */
export const createLog = (sinks: readonly LogSink[], secrets: readonly string[] = [], context: object = {}): Log => {
  const write = (level: LogLevel) => (text: string, more?: object) => {
    const line = JSON.stringify({ at: new Date().toISOString(), level, text, ...context, ...more });
    const clean = secrets.reduce((rest, secret) => rest.replaceAll(secret, '…'), line);
    for (const sink of sinks) sink(clean);
  };
  return {
    debug: write('debug'),
    info: write('info'),
    warn: write('warn'),
    error: write('error'),
    with: (more) => createLog(sinks, secrets, { ...context, ...more }),
  };
};

const FILE_LIMIT_BYTES = 5 * 1024 * 1024;
const FILES_KEPT = 5;

/** Writes to `sidecar.log` in a folder, at most five files of 5 MiB. A log must never stop the work, so a full disk is borne. */
export const fileSink = (folder: string): LogSink => {
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  const path = join(folder, 'sidecar.log');
  return (line) => {
    try {
      rotate(path);
      appendFileSync(path, `${line}\n`, { mode: 0o600 });
    } catch (error) {
      process.stderr.write(`log line lost: ${String(error)}\n`);
    }
  };
};

const rotate = (path: string): void => {
  const size = statSync(path, { throwIfNoEntry: false })?.size ?? 0;
  if (size < FILE_LIMIT_BYTES) return;
  for (let index = FILES_KEPT - 1; index > 0; index -= 1) {
    const older = index === 1 ? path : `${path}.${index - 1}`;
    if (statSync(older, { throwIfNoEntry: false }) !== undefined) renameSync(older, `${path}.${index}`);
  }
};
