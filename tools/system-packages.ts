import { access, constants, glob } from 'node:fs/promises';
import { delimiter, join } from 'node:path';
import { runCommand } from './command.ts';

/** A program or a shared library that the checks need, and the Debian package that brings it. */
export type Requirement = { readonly debianPackage: string } & (
  { readonly program: string } | { readonly library: string }
);

/**
 * Sees that every program is on PATH and every library is where Debian puts it; as root on Debian it installs what is
 * missing.
 * Throws an Error that names the exact command when it may not install.
 */
export async function requirePrograms(requirements: readonly Requirement[]): Promise<void> {
  const missing = await missingOf(requirements);
  if (missing.length === 0) return;
  const packages = missing.map(({ debianPackage }) => debianPackage);
  if (process.getuid?.() !== 0 || (await findProgram('apt-get')) === undefined) {
    throw new Error(
      `The tests need ${packages.join(', ')}. Install them with:\n` +
        `  sudo apt-get install --no-install-recommends ${packages.join(' ')}`,
    );
  }
  const env = { ...process.env, DEBIAN_FRONTEND: 'noninteractive' };
  const wait = ['-q', '-o', 'DPkg::Lock::Timeout=300'];
  await runCommand({ program: 'apt-get', args: [...wait, 'update'], env });
  await runCommand({
    program: 'apt-get',
    args: [...wait, 'install', '-y', '--no-install-recommends', ...packages],
    env,
  });
}

/** The absolute path of a program on PATH, or undefined. */
export async function findProgram(program: string): Promise<string | undefined> {
  for (const folder of (process.env['PATH'] ?? '').split(delimiter).filter((entry) => entry !== '')) {
    const path = join(folder, program);
    const found = await access(path, constants.X_OK).then(
      () => true,
      () => false,
    );
    if (found) return path;
  }
  return undefined;
}

async function missingOf(requirements: readonly Requirement[]): Promise<Requirement[]> {
  const found = await Promise.all(
    requirements.map((requirement) =>
      'program' in requirement ? findProgram(requirement.program) : findLibrary(requirement.library),
    ),
  );
  return requirements.filter((_, index) => found[index] === undefined);
}

/** The path of a shared library among those of the system, or undefined. */
async function findLibrary(library: string): Promise<string | undefined> {
  for await (const path of glob(`/usr/lib/{,*-linux-gnu/}${library}`)) return path;
  return undefined;
}
