import { existsSync } from 'node:fs';
import { mkdir, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { runCommand } from '../command.ts';
import { findProgram } from '../system-packages.ts';

const version = 'v1.8.0';
const home = join(import.meta.dirname, '../../.cache/peers/versitygw');

/**
 * Builds versitygw once, an S3 server over plain files that checks signatures and checksums.
 * @returns the program, or in a sentence why it is not to be had here
 */
export const buildVersitygw = async (): Promise<{ readonly program: string } | { readonly missing: string }> => {
  const program = join(home, version, process.platform === 'win32' ? 'versitygw.exe' : 'versitygw');
  if (existsSync(program)) return { program };
  if ((await findProgram('go')) === undefined) return { missing: 'versitygw is built by Go, which is not on PATH' };
  process.stderr.write('Building versitygw for the tests that store data in it (some minutes, once) …\n');
  const draft = join(home, `${version}.new`);
  await rm(draft, { recursive: true, force: true });
  await mkdir(draft, { recursive: true });
  try {
    await runCommand({
      program: 'go',
      args: ['install', `github.com/versity/versitygw/cmd/versitygw@${version}`],
      env: { ...process.env, GOBIN: draft },
    });
  } catch (error) {
    return { missing: `versitygw could not be built: ${error instanceof Error ? error.message : String(error)}` };
  }
  await rename(draft, join(home, version));
  return { program };
};
