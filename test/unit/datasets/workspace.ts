import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { encode } from 'fast-png';
import { Training } from '../../../sidecar/contract/training.ts';
import { buildFeatures } from '../../../sidecar/datasets/build-features.ts';
import type { Features } from '../../../sidecar/contract/features.ts';
import { featureModel } from '../../../sidecar/datasets/feature-graph.ts';
import { openFeatures } from '../../../sidecar/datasets/feature-store.ts';
import { recognizeKind } from '../../../sidecar/datasets/kind.ts';
import { rawRow } from '../../../sidecar/datasets/raw-columns.ts';
import { openEncoder } from '../../../sidecar/engines/onnx/encode.ts';
import { openDataStore } from '../../../sidecar/versions/data-store.ts';
import { readManifest } from '../../../sidecar/versions/tree/version.ts';
import { snapshot } from '../../../sidecar/versions/working/snapshot.ts';
import { freshFolder } from '../../support/fresh-folder.ts';
import { recordedContext } from '../../support/job-context.ts';

type Settings = Readonly<Record<string, unknown>>;

/** Settings of `data:` with every default. */
export const dataSettings = (settings: Settings = {}): Training['data'] =>
  Training.parse({ model: { name: 'mlp' }, data: { dataset: 'data', ...settings } }).data;

/** The section `features:` with every default. */
const featureSettings = (features: readonly Settings[]): Training['features'] =>
  Training.parse({ model: { name: 'mlp' }, data: { dataset: 'data' }, features }).features;

/** A workspace with a data set, versioned and decoded as a run does it. */
export const workspaceWith = (
  files: Readonly<Record<string, string | Uint8Array>>,
  { root = freshFolder(), decoder = null }: { root?: string; decoder?: string | null } = {},
) => {
  for (const [name, bytes] of Object.entries(files)) {
    mkdirSync(dirname(join(root, name)), { recursive: true });
    writeFileSync(join(root, name), bytes);
  }
  const dataFolder = join(root, '.trainyard/data');
  const featuresFolder = join(root, '.trainyard/features');
  const said = recordedContext();
  const featurize = async (path: string, settings: Settings = {}, features: readonly Settings[] = []) => {
    const store = openDataStore(dataFolder);
    const indexes = join(root, '.trainyard/indexes');
    const { version } = await snapshot({ root, path, store, indexes, threadProgram: null }, said.context);
    const dataset = { hash: version, path, kind: recognizeKind(readManifest(store.blobs, version)) };
    const order = {
      dataset,
      data: dataSettings(settings),
      features: featureSettings(features),
      dataFolder,
      featuresFolder,
    };
    const { hash: name } = await buildFeatures(order, said.context, decoder);
    return openFeatures(featuresFolder, name);
  };
  return { root, featuresFolder, featurize, said: said.lines };
};

type Open = Awaited<ReturnType<ReturnType<typeof workspaceWith>['featurize']>>;

/** All rows of one part. */
export const rowsOf = (
  { features, source }: Pick<Open, 'features' | 'source'>,
  part: 'train' | 'validation' | 'test',
) => {
  const { rows, read, names } = source(part);
  const width = features.inputShape.reduce((product, size) => product * size, 1);
  const inputs = new Float32Array(rows * width);
  const targets = new Float32Array(rows);
  read(
    Uint32Array.from({ length: rows }, (_, at) => at),
    inputs,
    targets,
  );
  return names.map((name, at) => ({
    name,
    input: [...inputs.subarray(at * width, (at + 1) * width)],
    target: targets[at]!,
  }));
};

/** A grey PNG of one value, or of values row by row. */
export const greyPng = (value: number | readonly number[], side = 4): Uint8Array =>
  encode({
    width: side,
    height: side,
    channels: 1,
    data: Uint8Array.from({ length: side * side }, (_, at) => (typeof value === 'number' ? value : (value[at] ?? 0))),
  });

/** A record as the served model encodes it, by the feature graph itself. */
export const encodeRow = async (record: Readonly<Record<string, unknown>>, features: Features): Promise<number[]> => {
  const { model, output } = featureModel(features.columns);
  const encoder = await openEncoder(model, output);
  const cells = rawRow(record, features);
  const batch = cells.map((cell) => (typeof cell === 'string' ? [cell] : Float64Array.of(cell)));
  const encoded = [...(await encoder.encode(batch, 1))];
  await encoder.close();
  return encoded;
};
