import * as vscode from 'vscode';

/** The editor's log channel `Trainyard`, which also shows what the sidecar says, at its own level. */
export interface Log {
  readonly info: (text: string) => void;
  readonly warn: (text: string) => void;
  readonly error: (text: string | Error) => void;
  /** A line that the sidecar wrote: JSON with `level` and `text`, or anything else as it is. */
  readonly relay: (line: string) => void;
  readonly show: () => void;
  readonly dispose: () => void;
}

export const createLog = (): Log => {
  const channel = vscode.window.createOutputChannel('Trainyard', { log: true });
  const levels = {
    debug: (text: string) => channel.debug(text),
    info: (text: string) => channel.info(text),
    warn: (text: string) => channel.warn(text),
    error: (text: string) => channel.error(text),
  };
  return {
    info: (text) => channel.info(text),
    warn: (text) => channel.warn(text),
    error: (text) => channel.error(text),
    relay: (line) => {
      const { level, text } = readLine(line);
      levels[level](`sidecar: ${text}`);
    },
    show: () => channel.show(),
    dispose: () => channel.dispose(),
  };
};

interface Line {
  readonly level: 'debug' | 'info' | 'warn' | 'error';
  readonly text: string;
}

const readLine = (line: string): Line => {
  const value = parse(line);
  if (value === null) return { level: 'info', text: line };
  const { level, text, ...rest } = value;
  // The channel writes its own time before each line.
  delete rest['at'];
  const more = Object.keys(rest).length === 0 ? '' : ` ${JSON.stringify(rest)}`;
  return { level: isLevel(level) ? level : 'info', text: `${typeof text === 'string' ? text : ''}${more}` };
};

const parse = (line: string): Record<string, unknown> | null => {
  try {
    const value: unknown = JSON.parse(line);
    return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : null;
  } catch (error) {
    // Node itself, and a process that dies, write plain text.
    if (error instanceof SyntaxError) return null;
    throw error;
  }
};

const isLevel = (level: unknown): level is Line['level'] =>
  level === 'debug' || level === 'info' || level === 'warn' || level === 'error';
