import { join } from 'node:path';
import { Training } from '../../../sidecar/contract/training.ts';
import { buildFeatures } from '../../../sidecar/datasets/build-features.ts';
import { recognizeKind } from '../../../sidecar/datasets/kind.ts';
import type { JobContext } from '../../../sidecar/pipeline/job.ts';
import { openDataStore } from '../../../sidecar/versions/data-store.ts';
import { readManifest } from '../../../sidecar/versions/tree/version.ts';
import { snapshot } from '../../../sidecar/versions/working/snapshot.ts';

/** A program of its own: versions and encodes the table `path` of the workspace `root`, and writes what it found. */
const [root = '', path = ''] = process.argv.slice(2);
const context: JobContext = {
  signal: new AbortController().signal,
  progress: () => undefined,
  metrics: () => undefined,
  log: () => undefined,
};
const [dataFolder, featuresFolder] = [join(root, '.trainyard/data'), join(root, '.trainyard/features')];
const { data, features } = Training.parse({
  model: { name: 'mlp' },
  data: { dataset: path },
  features: [
    { name: 'x', transform: 'standard' },
    { name: 'text', transform: 'hash', buckets: 16 },
  ],
});
const store = openDataStore(dataFolder);
const place = { root, path, store, indexes: join(root, '.trainyard/indexes'), threadProgram: null };
const { version: hash } = await snapshot(place, context);
const dataset = { hash, path, kind: recognizeKind(readManifest(store.blobs, hash)) };
const { rows, columns } = await buildFeatures({ dataset, data, features, dataFolder, featuresFolder }, context);
process.stdout.write(JSON.stringify({ rows, columns: columns.map(({ column, kind }) => `${column} ${kind}`) }));
