import { existsSync, mkdirSync, renameSync, rmSync, statSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { explainDiskError, Fault } from '../faults.ts';
import { syncFolder } from '../versions/durable.ts';
import { checkDigest, type Checksum } from './checksum.ts';
import { lockPart } from './lock-part.ts';
import { Interrupted, receive } from './receive.ts';

export interface DownloadOrder {
  /** `https:` or `file:`; `http:` on this machine only. */
  readonly url: string;
  /** What the bytes must be; without it only their number is checked. */
  readonly checksum?: Checksum;
  /** Where the file is kept. */
  readonly folder: string;
  /** Its name there; must change with the content that is expected, since a file of that name is used as it is. */
  readonly name: string;
  readonly signal: AbortSignal;
  /** @param total null while it is not known */
  readonly progress: (bytes: number, total: number | null) => void;
}

/** Pauses before another try, in milliseconds; a try that brought bytes begins them anew. */
const pausesMs = [250, 1000, 2000, 4000, 8000] as const;

/**
 * Brings a file, once: what was received stays when the connection breaks off, and is continued by the next try or the
 * next run. Only a whole file with the right checksum gets its name.
 *
 * @returns its path; for `file:` the file itself, which is not copied
 * @throws Fault `download-failed` with the address and what to do, the signal's reason
 */
export const download = async (order: DownloadOrder): Promise<string> => {
  const url = parseAddress(order.url);
  if (url.protocol === 'file:') return local(fileURLToPath(url), order);
  const path = join(order.folder, order.name);
  if (existsSync(path)) return path;
  mkdirSync(order.folder, { recursive: true, mode: 0o700 });
  const part = `${path}.part`;
  const unlock = await lockPart(part, order.signal);
  try {
    // Another process may have brought it while this one waited.
    if (existsSync(path)) return path;
    await receiveAll(url, part, order);
    await verify(part, order, () => rmSync(part, { force: true }));
    renameSync(part, path);
    syncFolder(dirname(path));
    return path;
  } catch (error) {
    throw explainDiskError(error, order.folder);
  } finally {
    unlock();
  }
};

/** @throws Fault `download-failed` for an address that nothing is fetched from */
export const parseAddress = (text: string): URL => {
  const url = URL.canParse(text) ? new URL(text) : null;
  if (url === null || !['https:', 'http:', 'file:'].includes(url.protocol))
    throw failed(text, 'it is no https: or file: address', 'Correct the address in training.yaml.');
  refuseOpenHttp(url);
  return url;
};

const failed = (url: string, why: string, hint: string, cause?: unknown): Fault =>
  new Fault('download-failed', `${url} could not be fetched: ${why}.`, { hint, cause });

const loopback = /^(localhost|127(\.\d+){3}|\[::1\])$/;

const refuseOpenHttp = (url: URL): void => {
  if (url.protocol !== 'http:' || loopback.test(url.hostname)) return;
  throw failed(url.href, 'http: could be changed on its way', 'Use https:, or file: for a file that is here.');
};

const local = async (path: string, order: DownloadOrder): Promise<string> => {
  if (!existsSync(path)) throw failed(order.url, 'there is no such file', 'Check the path.');
  await verify(path, order, () => undefined);
  return path;
};

const receiveAll = async (url: URL, part: string, order: DownloadOrder): Promise<void> => {
  let tries = 0;
  for (;;) {
    const before = sizeOf(part);
    try {
      await receive({ url, part, signal: order.signal, progress: order.progress });
      return;
    } catch (error) {
      order.signal.throwIfAborted();
      if (!(error instanceof Interrupted)) throw error;
      tries = sizeOf(part) > before ? 0 : tries + 1;
      const pause = pausesMs[tries];
      if (pause === undefined || !error.again) throw failed(url.href, error.message, offline, error);
      await sleep(pause, undefined, { signal: order.signal }).catch(() => order.signal.throwIfAborted());
    }
  }
};

const offline =
  'Check the network. What was received is kept and continued. Without a network give the file’s place: data.source or model.pretrained with a path.';

const sizeOf = (path: string): number => statSync(path, { throwIfNoEntry: false })?.size ?? 0;

const verify = async (path: string, { url, checksum }: DownloadOrder, discard: () => void): Promise<void> => {
  if (checksum === undefined) return;
  const found = await checkDigest(path, checksum);
  if (found === null) return;
  discard();
  const { algorithm, digest } = checksum;
  throw failed(
    url,
    `${basename(path).replace(/\.part$/, '')} is not what it should be (${algorithm} ${found}, expected ${digest})`,
    'It was damaged or changed at its source. Nothing of it is used; try again, or name another source.',
  );
};
