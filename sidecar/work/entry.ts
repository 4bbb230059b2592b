import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

/** Defined by the bundler; absent when Node runs the sources. */
declare const __BUNDLED__: boolean | undefined;

const entries = {
  main: { bundle: 'sidecar.cjs', source: '../main.ts' },
  worker: { bundle: 'worker.cjs', source: '../worker.ts' },
  batches: { bundle: 'batches.cjs', source: '../datasets/batch-worker.ts' },
  data: { bundle: 'data.cjs', source: '../versions/working/data-worker.ts' },
  decoder: { bundle: 'decoder.cjs', source: '../datasets/decode-worker.ts' },
  looks: { bundle: 'looks.cjs', source: '../datasets/difference/look-worker.ts' },
  inference: { bundle: 'inference.cjs', source: '../serving/inference-worker.ts' },
} as const;

/** Path of the program that a child process or worker thread runs: beside the bundle when packed, else the source. */
export const entryPath = (name: keyof typeof entries): string =>
  typeof __BUNDLED__ === 'undefined'
    ? fileURLToPath(new URL(entries[name].source, import.meta.url))
    : join(__dirname, entries[name].bundle);
