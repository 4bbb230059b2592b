import { existsSync } from 'node:fs';
import { readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { BuildOptions, Plugin } from 'esbuild';
import { build } from 'esbuild';
import { writeTrainingSchema } from './schema.ts';

const root = join(import.meta.dirname, '..');
const dist = join(root, 'dist');

/** Programs that Node runs. Bundles are CommonJS, hence `.cjs` beside a package.json of type "module". */
const programs = [
  { source: 'extension/extension.ts', bundle: 'extension.cjs' },
  { source: 'sidecar/main.ts', bundle: 'sidecar.cjs' },
  { source: 'sidecar/worker.ts', bundle: 'worker.cjs' },
  { source: 'sidecar/serving/inference-worker.ts', bundle: 'inference.cjs' },
  { source: 'sidecar/versions/working/data-worker.ts', bundle: 'data.cjs' },
  { source: 'sidecar/datasets/batch-worker.ts', bundle: 'batches.cjs' },
  { source: 'sidecar/datasets/decode-worker.ts', bundle: 'decoder.cjs' },
  { source: 'sidecar/datasets/difference/look-worker.ts', bundle: 'looks.cjs' },
  { source: 'sidecar/cli.ts', bundle: 'cli.cjs' },
] as const;

/**
 * `vscode` is given by the editor, `cpu-features` is nothing that ssh2 needs, which does without it; the others hold
 * native code and travel as folders (see pack.ts).
 */
const notBundled = ['vscode', 'cpu-features', 'better-sqlite3', 'onnxruntime-node', '@tensorflow/*', '@napi-rs/*'];

/**
 * Parts of libraries that would travel in every program although nothing of ours can reach them: the fifty languages of
 * zod but one, and the double-byte character sets, since the body of a request to the sidecar is JSON and so UTF.
 */
const unreachable: Plugin = {
  name: 'unreachable',
  setup: (build) => {
    build.onLoad({ filter: /[\\/]zod[\\/]v4[\\/]locales[\\/]index\.c?js$/ }, () => ({
      contents: "export { default as en } from './en.js';",
    }));
    build.onLoad({ filter: /[\\/]iconv-lite[\\/]encodings[\\/]dbcs-data\.js$/ }, () => ({
      contents: 'module.exports = {};',
    }));
  },
};

const minified: BuildOptions = {
  plugins: [unreachable],
  bundle: true,
  minify: true,
  sourcemap: 'linked',
  legalComments: 'none',
  logLevel: 'warning',
};

/**
 * Makes dist/ and media/training.schema.json from the sources.
 * Throws an Error that lists the entries that are missing, after building all others.
 */
export async function buildAll(): Promise<void> {
  await rm(dist, { recursive: true, force: true });
  const pages = await pageNames();
  const missing = programs.map(({ source }) => source).filter((source) => !existsSync(join(root, source)));
  // First and alone: a bundle that fails ends the process, and must not leave half a schema behind.
  await writeTrainingSchema();
  await Promise.all([
    ...programs.filter(({ source }) => !missing.includes(source)).map(buildProgram),
    ...pages.map(buildPage),
  ]);
  if (missing.length > 0) throw new Error(`Not built, since the source is missing: ${missing.join(', ')}`);
}

async function buildProgram({ source, bundle }: (typeof programs)[number]): Promise<void> {
  await build({
    ...minified,
    entryPoints: [join(root, source)],
    outfile: join(dist, bundle),
    platform: 'node',
    target: 'node22',
    format: 'cjs',
    external: notBundled,
    // Sources find their siblings by import.meta, bundles by __dirname; the sources ask this name which they are.
    define: { __BUNDLED__: 'true', 'import.meta.url': '__fileUrl' },
    banner: { js: "const __fileUrl = require('node:url').pathToFileURL(__filename).href;" },
  });
}

/** Each folder of webview/ with a main.ts is a page: dist/webview/<page>.js, and <page>.css for what it imports. */
async function pageNames(): Promise<readonly string[]> {
  const entries = await readdir(join(root, 'webview'), { withFileTypes: true });
  return entries
    .filter((entry) => entry.isDirectory() && existsSync(join(root, 'webview', entry.name, 'main.ts')))
    .map(({ name }) => name);
}

async function buildPage(page: string): Promise<void> {
  await build({
    ...minified,
    entryPoints: { [page]: join(root, 'webview', page, 'main.ts') },
    outdir: join(dist, 'webview'),
    platform: 'browser',
    target: 'chrome128',
    format: 'iife',
    loader: { '.ttf': 'file' },
    assetNames: '[name]',
  });
}

if (import.meta.main) await buildAll();
