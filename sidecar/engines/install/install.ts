import { mkdirSync, rmSync, renameSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { runtimesFolder } from '../runtimes-folder.ts';
import { runNpm } from './npm.ts';
import type { Runtime, RuntimeName } from './runtimes.ts';

export interface Offer {
  readonly packages: readonly { readonly name: string; readonly bytes: number | null }[];
  /** Address of the registry that npm is set to. */
  readonly from: string;
  readonly besides: string | null;
  readonly folder: string;
}

/** What an installation would bring, asked of npm; nothing is downloaded yet. */
export const describeInstallation = async (
  name: RuntimeName,
  runtime: Runtime,
  signal: AbortSignal,
): Promise<Offer> => {
  const from = await runNpm({ args: ['config', 'get', 'registry'], signal });
  const packages = [];
  for (const spec of runtime.packages) {
    const size = await runNpm({ args: ['view', spec, 'dist.unpackedSize', '--json'], signal });
    packages.push({ name: spec, bytes: /^\d+$/.test(size.trim()) ? Number(size) : null });
  }
  return { packages, from: from.trim(), besides: runtime.besides, folder: path.join(runtimesFolder(), name) };
};

interface Installation {
  readonly name: RuntimeName;
  readonly runtime: Runtime;
  readonly signal: AbortSignal;
  readonly tell: (line: string) => void;
}

/**
 * Lets npm install a runtime into the user's folder, with the packages' own install scripts; npm checks what it
 * fetches by its checksums. An earlier one is replaced only once the new one is complete, so that an installation
 * that is stopped or fails changes nothing.
 */
export const installRuntime = async ({ name, runtime, signal, tell }: Installation): Promise<string> => {
  const folder = path.join(runtimesFolder(), name);
  const part = `${folder}.part`;
  rmSync(part, { recursive: true, force: true });
  mkdirSync(part, { recursive: true });
  try {
    writeFileSync(path.join(part, 'package.json'), '{"private":true}\n');
    const quiet = ['--no-audit', '--no-fund', '--no-save', '--loglevel', 'http'];
    await runNpm({
      args: ['install', '--prefix', part, ...quiet, ...runtime.packages],
      environment: runtime.environment,
      signal,
      tell,
    });
    rmSync(folder, { recursive: true, force: true });
    renameSync(part, folder);
    return folder;
  } finally {
    rmSync(part, { recursive: true, force: true });
  }
};
