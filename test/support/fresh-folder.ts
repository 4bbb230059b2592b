import { cp, mkdir, mkdtemp, realpath, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';

interface Contents {
  /** Folder whose files are copied first. */
  readonly from?: string;
  /** Text by relative path. */
  readonly files?: Readonly<Record<string, string>>;
}

/** A new folder with this content, which nothing else has ever written to; and the way to remove it. */
export async function freshFolder({
  from,
  files = {},
}: Contents): Promise<{ path: string; remove: () => Promise<void> }> {
  const path = await realpath(await mkdtemp(join(tmpdir(), 'workspace-')));
  if (from !== undefined) await cp(from, path, { recursive: true, filter: (source) => !source.endsWith('.trainyard') });
  for (const [name, text] of Object.entries(files)) {
    await mkdir(dirname(join(path, name)), { recursive: true });
    await writeFile(join(path, name), text);
  }
  return { path, remove: () => rm(path, { recursive: true, force: true, maxRetries: 10, retryDelay: 200 }) };
}
