import type { FileEntryWithStats, SFTPWrapper, Stats } from 'ssh2';
import { dirname, join } from 'node:path/posix';
import { remoteUnusable } from '../../../faults.ts';
import type { RemoteFiles } from '../files/port.ts';
import { inParallel } from '../parallel.ts';
import { piecesOf, type Source } from '../transport.ts';
import type { SftpConnection } from './connection.ts';

/** What every server takes in one packet; many of them are on their way at once. */
const PACKET_BYTES = 32 << 10;
const PACKETS_AT_ONCE = 64;

/** SFTP, version 3, with the extensions of OpenSSH for what must happen in one step. */
export const openSftpFiles = (connection: SftpConnection, root: string, remote: string): RemoteFiles => {
  const at = (path: string): string => join(root, path);
  const { use } = connection;
  return {
    size: (path) => use((sftp) => sizeAt(sftp, at(path))),
    read: (path, start, end) =>
      use(async (sftp) => {
        const handle = await orNull(openFile(sftp, at(path), 'r'));
        if (handle === null) return null;
        try {
          return await readRange(sftp, handle, start, end);
        } finally {
          await closeFile(sftp, handle);
        }
      }),
    entries: (folder) =>
      use(async (sftp) => {
        const entries = await orNull(call<FileEntryWithStats[]>((done) => sftp.readdir(at(folder), done)));
        return (entries ?? []).map(({ filename, attrs }) => ({
          name: filename,
          isFolder: attrs.isDirectory(),
          bytes: attrs.size,
          modifiedAt: attrs.mtime * 1000,
        }));
      }),
    write: (path, source, sent) =>
      use(async (sftp) => {
        await makeFolder(sftp, dirname(at(path)));
        // What a try left that broke off; the name is ours alone.
        await removeAt(sftp, at(path));
        const handle = await openFile(sftp, at(path), 'wx');
        try {
          await writeAll(sftp, handle, source, sent);
          await run((done) => sftp.ext_openssh_fsync(handle, done), remote);
        } finally {
          await closeFile(sftp, handle);
        }
      }),
    replace: (from, to) =>
      use(async (sftp) => {
        try {
          await run((done) => sftp.ext_openssh_rename(at(from), at(to), done), remote);
        } catch (error) {
          const wasDone = isMissing(error) && (await sizeAt(sftp, at(to))) !== null;
          if (!wasDone) throw error;
        }
      }),
    claim: (from, to) =>
      use(async (sftp) => {
        try {
          await run((done) => sftp.ext_openssh_hardlink(at(from), at(to), done), remote);
          return true;
        } catch (error) {
          if ((await sizeAt(sftp, at(to))) !== null) return false;
          throw error;
        }
      }),
    remove: (path) => use((sftp) => removeAt(sftp, at(path))),
    close: () => {
      connection.close();
      return Promise.resolve();
    },
  };
};

type Done<Value> = (error: Error | undefined, value: Value) => void;

const call = <Value>(begin: (done: Done<Value>) => void): Promise<Value> =>
  new Promise((resolve, reject) => {
    begin((error, value) => {
      if (error) reject(error);
      else resolve(value);
    });
  });

/** The same for requests that a server may not know; the library throws then before it sends. */
const run = async (begin: (done: (error?: Error | null) => void) => void, remote: string): Promise<void> => {
  try {
    await call<unknown>((done) => begin((error) => done(error ?? undefined, null)));
  } catch (error) {
    if (!(error instanceof Error) || !error.message.includes('does not support')) throw error;
    throw remoteUnusable(
      remote,
      'its SFTP server lacks posix-rename, hardlink or fsync of OpenSSH',
      'Without these a write could be half there; use a server that has them, as OpenSSH does.',
      error,
    );
  }
};

const NO_SUCH_FILE = 2;

const isMissing = (error: unknown): boolean => error instanceof Error && 'code' in error && error.code === NO_SUCH_FILE;

const orNull = async <Value>(asked: Promise<Value>): Promise<Value | null> => {
  try {
    return await asked;
  } catch (error) {
    if (isMissing(error)) return null;
    throw error;
  }
};

const sizeAt = async (sftp: SFTPWrapper, path: string): Promise<number | null> =>
  (await orNull(call<Stats>((done) => sftp.stat(path, done))))?.size ?? null;

const openFile = (sftp: SFTPWrapper, path: string, flags: 'r' | 'wx'): Promise<Buffer> =>
  call<Buffer>((done) => sftp.open(path, flags, done));

const closeFile = (sftp: SFTPWrapper, handle: Buffer): Promise<unknown> =>
  call<unknown>((done) => sftp.close(handle, (error) => done(error ?? undefined, null)));

const removeAt = async (sftp: SFTPWrapper, path: string): Promise<void> => {
  await orNull(call<unknown>((done) => sftp.unlink(path, (error) => done(error ?? undefined, null))));
};

const makeFolder = async (sftp: SFTPWrapper, path: string): Promise<void> => {
  if ((await sizeAt(sftp, path)) !== null) return;
  if (dirname(path) !== path) await makeFolder(sftp, dirname(path));
  try {
    await call<unknown>((done) => sftp.mkdir(path, (error) => done(error ?? undefined, null)));
  } catch (error) {
    // Somebody else was faster.
    if ((await sizeAt(sftp, path)) === null) throw error;
  }
};

const packets = function* (start: number, end: number): Generator<readonly [from: number, to: number], void> {
  for (let at = start; at < end; at += PACKET_BYTES) yield [at, Math.min(end, at + PACKET_BYTES)];
};

const readRange = async (sftp: SFTPWrapper, handle: Buffer, start: number, end: number): Promise<Buffer> => {
  const bytes = Buffer.allocUnsafe(end - start);
  let reached = end;
  await inParallel(packets(start, end), PACKETS_AT_ONCE, async ([from, to]) => {
    for (let at = from; at < to;) {
      const read = await readSome(sftp, handle, bytes.subarray(at - start, to - start), at);
      if (read === 0) reached = Math.min(reached, at);
      if (read === 0) return;
      at += read;
    }
  });
  return bytes.subarray(0, reached - start);
};

const END_OF_FILE = 1;

const readSome = (sftp: SFTPWrapper, handle: Buffer, into: Buffer, at: number): Promise<number> =>
  new Promise((resolve, reject) => {
    sftp.read(handle, into, 0, into.length, at, (error: (Error & { code?: number }) | undefined, read) => {
      if (error?.code === END_OF_FILE) resolve(0);
      else if (error) reject(error);
      else resolve(read);
    });
  });

const writeAll = async (
  sftp: SFTPWrapper,
  handle: Buffer,
  source: Source,
  sent: (bytes: number) => void,
): Promise<void> => {
  let written = 0;
  for await (const piece of piecesOf(source)) {
    const [part, start] = [Buffer.from(piece), written];
    await inParallel(packets(0, part.length), PACKETS_AT_ONCE, async ([from, to]) => {
      await call<unknown>((done) =>
        sftp.write(handle, part, from, to - from, start + from, (error) => done(error ?? undefined, null)),
      );
      sent(to - from);
    });
    written += part.length;
  }
};
