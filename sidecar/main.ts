import { randomUUID } from 'node:crypto';
import { Invitation } from './contract/greeting.ts';
import { Fault, explainDiskError } from './faults.ts';

/**
 * The first door: the daemon of one workspace. It is handed its token over stdin, greets on stdout with one JSON line,
 * logs JSON lines on stderr, and ends when nobody needs it.
 * Exit codes: 0 ended, 65 store damaged, 70 bug, 74 disk full, 75 another sidecar is in charge, 78 Node too old.
 */
const EXIT_BUG = 70;
const EXIT_DISK_FULL = 74;
const EXIT_OLD_NODE = 78;

const readInvitation = async (): Promise<Invitation> => {
  process.stdin.setEncoding('utf8');
  let text = '';
  for await (const part of process.stdin) text += String(part);
  return Invitation.parse(JSON.parse(text));
};

const die = (thrown: unknown): never => {
  const error = explainDiskError(thrown, 'the workspace');
  process.stderr.write(`${JSON.stringify({ level: 'error', text: lastWords(error) })}\n`);
  process.exit(error instanceof Fault && error.code === 'disk-full' ? EXIT_DISK_FULL : EXIT_BUG);
};

const lastWords = (error: unknown): string => {
  if (error instanceof Fault) return error.message;
  return error instanceof Error ? (error.stack ?? error.message) : String(error);
};

const run = async (): Promise<void> => {
  // Loading the SQLite module on an older Node kills the process without a word, so this comes before any import of it.
  // Zstandard came with 22.15; stored data is compressed with it.
  if (Number(process.versions['napi']) < 10 || process.versions['zstd'] === undefined) {
    process.stderr.write(`${process.version}\n`);
    process.exit(EXIT_OLD_NODE);
  }
  // Whoever started this may be gone before the last log line; that must not end a training.
  for (const stream of [process.stdout, process.stderr]) stream.on('error', () => stream.destroy());
  process.on('uncaughtException', die);
  process.on('unhandledRejection', die);
  const invitation = await readInvitation();
  const { startDaemon } = await import('./daemon.ts');
  await startDaemon(invitation, randomUUID());
};

run().catch(die);
