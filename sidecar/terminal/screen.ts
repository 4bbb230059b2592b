import type { WriteStream } from 'node:tty';

/** Where a command writes. Results go to `out`; everything a person only watches goes to `notes`. */
export interface Screen {
  readonly out: (text: string) => void;
  readonly note: (text: string) => void;
  /** Draws over the last status line; plain lines without a terminal are left to `note`. */
  readonly status: (text: string) => void;
  readonly clearStatus: () => void;
  /** Whether a person watches. */
  readonly live: boolean;
  readonly columns: number;
  readonly bold: (text: string) => string;
  readonly dim: (text: string) => string;
  readonly green: (text: string) => string;
  readonly red: (text: string) => string;
  readonly yellow: (text: string) => string;
}

interface ScreenOptions {
  readonly stdout: Pick<WriteStream, 'write'> & { readonly isTTY?: boolean; readonly columns?: number };
  readonly stderr: Pick<WriteStream, 'write'> & { readonly isTTY?: boolean; readonly columns?: number };
  readonly environment: NodeJS.ProcessEnv;
}

export const createScreen = ({ stdout, stderr, environment }: ScreenOptions): Screen => {
  const live = stderr.isTTY === true && environment['TERM'] !== 'dumb';
  const colours = stdout.isTTY === true && live && environment['NO_COLOR'] === undefined;
  const paint = (code: number) => (text: string) => (colours ? `\u001B[${code}m${text}\u001B[0m` : text);
  const columns = stderr.columns ?? stdout.columns ?? 100;
  let drawn = false;
  const clearStatus = () => {
    if (drawn) stderr.write('\r\u001B[2K');
    drawn = false;
  };
  return {
    live,
    columns,
    out: (text) => {
      clearStatus();
      stdout.write(`${text}\n`);
    },
    note: (text) => {
      clearStatus();
      stderr.write(`${text}\n`);
    },
    status: (text) => {
      if (!live) return;
      stderr.write(`\r\u001B[2K${text.slice(0, columns - 1)}`);
      drawn = true;
    },
    clearStatus,
    bold: paint(1),
    dim: paint(2),
    green: paint(32),
    red: paint(31),
    yellow: paint(33),
  };
};
