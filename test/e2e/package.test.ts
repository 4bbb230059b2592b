import { readdir } from 'node:fs/promises';
import { afterAll, beforeAll, expect, inject, test } from 'vitest';
import { binariesOf, thisTarget } from '../../tools/pack.ts';
import { startWorkbenchServer, type WorkbenchServer } from '../support/workbench-server.ts';

const { path, bytes } = inject('vsix');
let server: WorkbenchServer;
let files: readonly string[];

beforeAll(async () => {
  server = await startWorkbenchServer({ extension: { vsix: path }, trust: 'trusted', purpose: 'pages' });
  const entries = await readdir(server.extensionsFolder, { recursive: true, withFileTypes: true });
  const ours = entries.filter((entry) => entry.isFile() && entry.parentPath.includes('/trainyard.trainyard-'));
  files = ours.map(({ parentPath, name }) => `${parentPath}/${name}`.replace(/^.*\/trainyard\.trainyard-[^/]*\//, ''));
});
afterAll(() => server.stop());

test('the package has at most 20 MiB', () => {
  expect(bytes).toBeLessThanOrEqual(20 * 2 ** 20);
});

test('the installed package holds every program and page', () => {
  const programs = ['extension', 'sidecar', 'worker', 'data', 'batches', 'decoder', 'looks', 'inference', 'cli'].map(
    (name) => `dist/${name}.cjs`,
  );
  const pages = ['run', 'comparison', 'drift', 'data-difference'].map((name) => `dist/webview/${name}.js`);
  expect(files).toEqual(expect.arrayContaining([...programs, ...pages, 'package.json', 'media/training.schema.json']));
});

test('the installed package holds the native modules of this platform only', () => {
  const runtime = `dist/node_modules/onnxruntime-node/bin/napi-v6/${process.platform}/${process.arch}`;
  const hash = binariesOf[thisTarget()];
  expect(files.filter((name) => name.endsWith('.node')).toSorted()).toEqual([
    `dist/node_modules/@napi-rs/blake-hash-${hash}/blake.${hash}.node`,
    `dist/node_modules/better-sqlite3/prebuilds/${thisTarget()}.node`,
    `${runtime}/onnxruntime_binding.node`,
  ]);
});

test('the installed package holds no sources, tests or maps', () => {
  expect(files.filter((name) => /\.(ts|map)$|^(test|tools|sidecar|extension|webview)\//.test(name))).toEqual([]);
});
