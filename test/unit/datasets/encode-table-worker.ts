import { join } from 'node:path';
import { Training } from '../../../sidecar/contract/training.ts';
import { buildFeatures } from '../../../sidecar/datasets/build-features.ts';
import { recognizeKind } from '../../../sidecar/datasets/kind.ts';
import type { JobContext } from '../../../sidecar/pipeline/job.ts';
import { createObjects } from '../../../sidecar/versions/objects.ts';
import { snapshot } from '../../../sidecar/versions/snapshot.ts';

/** A program of its own: versions and encodes the table `path` of the workspace `root`, and writes what it found. */
const [root = '', path = ''] = process.argv.slice(2);
const context: JobContext = {
  signal: new AbortController().signal,
  progress: () => undefined,
  metrics: () => undefined,
  log: () => undefined,
};
const [objectsFolder, featuresFolder] = [join(root, '.trainyard/objects'), join(root, '.trainyard/features')];
const { data, features } = Training.parse({
  model: { name: 'mlp' },
  data: { dataset: path },
  features: [
    { name: 'x', transform: 'standard' },
    { name: 'text', transform: 'hash', buckets: 16 },
  ],
});
const objects = createObjects(objectsFolder);
const { hash, manifest } = await snapshot({ root, path, objects, indexes: join(root, '.trainyard/indexes') }, context);
const dataset = { hash, path, kind: recognizeKind(manifest) };
const { rows, columns } = await buildFeatures({ dataset, data, features, objectsFolder, featuresFolder }, context);
process.stdout.write(JSON.stringify({ rows, columns: columns.map(({ column, kind }) => `${column} ${kind}`) }));
