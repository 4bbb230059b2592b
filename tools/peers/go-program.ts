import { existsSync } from 'node:fs';
import { mkdir, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { findProgram } from '../system-packages.ts';

export interface GoProgram {
  readonly name: string;
  readonly version: string;
  /** Makes the program, which has that name, in a folder that is there. */
  readonly build: (program: string) => Promise<unknown>;
}

/**
 * A server that is built by Go once, and kept in the cache.
 * @returns the program, or in a sentence why it is not to be had here
 */
export const buildOnce = async ({
  name,
  version,
  build,
}: GoProgram): Promise<{ readonly program: string } | { readonly missing: string }> => {
  const home = join(import.meta.dirname, '../../.cache/peers', name);
  const file = process.platform === 'win32' ? `${name}.exe` : name;
  const program = join(home, version, file);
  if (existsSync(program)) return { program };
  if ((await findProgram('go')) === undefined) return { missing: `${name} is built by Go, which is not on PATH` };
  process.stderr.write(`Building ${name} for the tests that store data in it (some minutes, once) …\n`);
  const draft = join(home, `${version}.new`);
  await rm(draft, { recursive: true, force: true });
  await mkdir(draft, { recursive: true });
  try {
    await build(join(draft, file));
  } catch (error) {
    return { missing: `${name} could not be built: ${error instanceof Error ? error.message : String(error)}` };
  }
  await rename(draft, join(home, version));
  return { program };
};
