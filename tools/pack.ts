import { existsSync } from 'node:fs';
import { cp, mkdir, readFile, readdir, rm, stat } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { buildAll } from './build.ts';
import { runCommand } from './command.ts';
import { recompress } from './recompress.ts';

const root = join(import.meta.dirname, '..');
const bundled = join(root, 'dist/node_modules');

/** The largest package that is handed out, in bytes. Windows brings DirectML and is not held to it. */
const sizeLimitBytes = { 'linux-x64': 20 * 2 ** 20 } as const;

/** Targets for which every native module has a binary. */
const targets = ['linux-x64', 'linux-arm64', 'darwin-arm64', 'win32-x64', 'win32-arm64'] as const;
export type Target = (typeof targets)[number];

/** How packages of native binaries are called; npm installs the one of its own machine. */
export const binariesOf: Readonly<Record<Target, string>> = {
  'linux-x64': 'linux-x64-gnu',
  'linux-arm64': 'linux-arm64-gnu',
  'darwin-arm64': 'darwin-arm64',
  'win32-x64': 'win32-x64-msvc',
  'win32-arm64': 'win32-arm64-msvc',
};

interface Packed {
  readonly path: string;
  readonly bytes: number;
}

/**
 * Builds the extension and packs it with the native binaries of one target only.
 * Throws when the package is larger than its target allows.
 */
export async function pack(target: Target): Promise<Packed> {
  await buildAll();
  await bringNativeModules(target);
  const { version } = JSON.parse(await readFile(join(root, 'package.json'), 'utf8')) as { version: string };
  const path = join(root, `trainyard-${target}-${version}.vsix`);
  await rm(path, { force: true });
  await runCommand({
    program: process.execPath,
    args: [
      join(root, 'node_modules/@vscode/vsce/vsce'),
      'package',
      ...['--no-dependencies', '--no-rewrite-relative-links', '--target', target, '--out', path],
    ],
    cwd: root,
  });
  await recompress(path, join(root, '.cache/deflated'));
  const bytes = (await stat(path)).size;
  const limit = target in sizeLimitBytes ? sizeLimitBytes[target as keyof typeof sizeLimitBytes] : Infinity;
  if (bytes > limit) throw new Error(`${path} has ${toMiB(bytes)} MiB; ${toMiB(limit)} MiB is the limit.`);
  return { path, bytes };
}

/** The target this machine is. Throws a sentence when there is no package for it. */
export function thisTarget(): Target {
  return parseTarget(`${process.platform}-${process.arch}`);
}

/** Code that is required by name at run time; what is not needed then (sources, types, maps) stays behind. */
async function bringNativeModules(target: Target): Promise<void> {
  const [os, arch] = target.split('-') as [string, string];
  const runtime = `bin/napi-v6/${os}/${arch}`;
  await rm(bundled, { recursive: true, force: true });
  await bring('better-sqlite3', ['package.json', 'LICENSE', 'lib', `prebuilds/${target}.node`]);
  await bring('@napi-rs/blake-hash', ['package.json', 'LICENSE', 'index.js']);
  await bring(`@napi-rs/blake-hash-${binariesOf[target]}`, ['package.json', `blake.${binariesOf[target]}.node`]);
  await bring('onnxruntime-node', ['package.json', 'dist', runtime]);
  await bring('onnxruntime-common', ['package.json', 'dist/cjs']);
  // A second copy of the same library: the binding links the other name.
  const copies = (await readdir(join(bundled, 'onnxruntime-node', runtime))).filter((name) =>
    /^libonnxruntime\.\d+\.\d+/.test(name),
  );
  await Promise.all(copies.map((name) => rm(join(bundled, 'onnxruntime-node', runtime, name))));
}

async function bring(name: string, paths: readonly string[]): Promise<void> {
  for (const path of paths) {
    const from = join(root, 'node_modules', name, path);
    const to = join(bundled, name, path);
    if (!existsSync(from)) throw new Error(`${name} has no ${path}: this target cannot be packed here.`);
    await mkdir(dirname(to), { recursive: true });
    await cp(from, to, { recursive: true, filter: (file) => !/\.(map|d\.ts)$/.test(file) });
  }
}

function parseTarget(text: string): Target {
  const target = targets.find((candidate) => candidate === text);
  if (target === undefined) throw new Error(`There is no package for ${text}; there is one for ${targets.join(', ')}.`);
  return target;
}

const toMiB = (bytes: number): string => (bytes / 2 ** 20).toFixed(2);

if (import.meta.main) {
  const asked = process.argv[2];
  const { path, bytes } = await pack(asked === undefined ? thisTarget() : parseTarget(asked));
  console.log(`${path}: ${toMiB(bytes)} MiB`);
}
