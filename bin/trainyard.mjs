#!/usr/bin/env node
// Plain JavaScript that any Node can read: it says in words what an old Node would answer with a crash.
import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

const own = fileURLToPath(new URL('../node_modules/node/bin/node', import.meta.url));
const source = fileURLToPath(new URL('../sidecar/cli.ts', import.meta.url));
const bundle = fileURLToPath(new URL('../dist/cli.cjs', import.meta.url));
const program = existsSync(source) ? source : bundle;

// Node-API 10 is what the SQLite module needs, and 22.18 reads TypeScript; below that it would die without a message.
const [major = 0, minor = 0] = process.versions.node.split('.').map(Number);
const newEnough = Number(process.versions.napi) >= 10 && (major > 22 || (major === 22 && minor >= 18));

if (newEnough) {
  await import(program);
} else if (existsSync(own)) {
  const child = spawnSync(own, [program, ...process.argv.slice(2)], { stdio: 'inherit' });
  process.exitCode = child.status ?? 1;
} else {
  process.stderr.write(
    `Trainyard needs Node 22.18 or later; this is ${process.version}.\n` +
      'Run `npm ci --ignore-scripts && npm rebuild node` here: it brings a Node of its own.\n',
  );
  process.exitCode = 1;
}
