import { readFile } from 'node:fs/promises';
import { join } from 'node:path';

/** The part of package-lock.json (version 3) that is checked. */
export interface Lock {
  readonly packages: Readonly<Record<string, LockedPackage>>;
}
interface LockedPackage {
  readonly resolved?: string;
  readonly optionalDependencies?: Readonly<Record<string, string>>;
}

/**
 * What would break `npm ci` elsewhere, one sentence a fault; empty when the lock is sound.
 * - An address of a registry ties the lock to the machine that wrote it.
 * - npm 11 writes a lock without the optional platform packages that the registry could not serve at that
 *   moment, says nothing, and later refuses that very lock.
 */
export function findLockFaults({ packages }: Lock): readonly string[] {
  return Object.entries(packages).flatMap(([path, locked]) => [
    ...addressFaults(path, locked),
    ...Object.keys(locked.optionalDependencies ?? {})
      .filter((name) => !candidatePaths(path, name).some((candidate) => candidate in packages))
      .map((name) => `${path === '' ? 'The project' : path} lacks its optional package ${name}.`),
  ]);
}

function addressFaults(path: string, { resolved }: LockedPackage): readonly string[] {
  if (resolved === undefined || !/^(https?|git)/.test(resolved)) return [];
  return [`${path} holds an address: ${resolved}. Keep omit-lockfile-registry-resolved in .npmrc and lock again.`];
}

/** Where Node would look for a package required from `path`: its own node_modules, then each one above. */
function candidatePaths(path: string, name: string): readonly string[] {
  const nested = path === '' ? [] : path.split('/node_modules/');
  return [
    ...nested.map(
      (_, depth) => `${nested.slice(0, nested.length - depth).join('/node_modules/')}/node_modules/${name}`,
    ),
    `node_modules/${name}`,
  ];
}

if (import.meta.main) {
  const path = join(import.meta.dirname, '..', 'package-lock.json');
  const faults = findLockFaults(JSON.parse(await readFile(path, 'utf8')) as Lock);
  for (const fault of faults) console.error(fault);
  process.exitCode = faults.length === 0 ? 0 : 1;
}
