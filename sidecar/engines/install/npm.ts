import { spawn } from 'node:child_process';
import { splitLines } from '../command/lines.ts';

export interface NpmCall {
  readonly args: readonly string[];
  readonly environment?: Readonly<Record<string, string>>;
  readonly signal: AbortSignal;
  /** What npm says while it works, line by line. */
  readonly tell?: (line: string) => void;
}

/** npm is not on PATH. */
export class NpmMissing extends Error {
  constructor(cause: unknown) {
    super('npm is not on PATH; it comes with Node.js.', { cause });
    this.name = 'NpmMissing';
  }
}

/** npm ended with a code; the message is what it said last. */
export class NpmFailed extends Error {
  constructor(code: number | null, said: string) {
    super(said === '' ? `npm ended with code ${code}.` : said);
    this.name = 'NpmFailed';
  }
}

/**
 * Runs the user's npm, which brings its own registry, proxy and certificates, and returns what it printed.
 * Throws NpmMissing, NpmFailed, or the signal's reason.
 */
export const runNpm = async ({ args, environment = {}, signal, tell = () => undefined }: NpmCall): Promise<string> => {
  signal.throwIfAborted();
  // On Windows npm is a batch file, which only a shell starts; every argument here is a name of ours or a path.
  const windows = process.platform === 'win32';
  const quoted = windows ? args.map((arg) => `"${arg}"`) : args;
  const child = spawn('npm', quoted, { env: { ...process.env, ...environment }, shell: windows, signal });
  let [printed, complaint] = ['', ''];
  child.stdout.setEncoding('utf8').on('data', (text: string) => (printed += text));
  const lines = splitLines((line) => {
    if (/\berr(or)?!? /i.test(line) && !/A complete log/.test(line)) complaint ||= line.replace(/^npm error /i, '');
    tell(line);
  });
  child.stderr.on('data', lines.push).on('end', lines.end);
  const code = await new Promise<number | null>((resolve, reject) => {
    child.on('close', resolve);
    child.on('error', (error) => reject(asReason(error, signal)));
  });
  signal.throwIfAborted();
  if (code !== 0) throw new NpmFailed(code, complaint);
  return printed;
};

const asReason = (error: Error, signal: AbortSignal): Error => {
  if (signal.aborted) return signal.reason as Error;
  return 'code' in error && error.code === 'ENOENT' ? new NpmMissing(error) : error;
};
