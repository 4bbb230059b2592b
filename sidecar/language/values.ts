import { bytesText } from '../terminal/figures.ts';
import type { KnownDataset, KnownDevice, ProjectState } from './project.ts';
import { listedValues, namedValues, type SchemaNode } from './schema.ts';
import { writeScalar } from './snippet.ts';
import type { Path } from './span.ts';

/** A value that could be written at some place. */
export interface ValueOffer {
  readonly text: string;
  readonly detail: string | null;
}

type Provider = (schema: SchemaNode, project: ProjectState) => readonly ValueOffer[];

/** Values that the project or the words of the schema know, by the path of the setting. */
const providers: Readonly<Record<string, Provider>> = {
  'model.name': (schema, project) => [...named(schema), ...files(project, /\.onnx$/i, 'a file to fine-tune')],
  'model.pretrained': (schema, project) => [...listed(schema), ...files(project, /./, 'weights to start from')],
  'data.dataset': (schema, project) => [...(project.datasets ?? []).map(offerDataset), ...named(schema)],
  'training.device': (schema, project) => [
    { text: 'auto', detail: 'the best there is' },
    ...(project.devices?.map(offerDevice) ?? named(schema).filter(({ text }) => text !== 'auto')),
  ],
  'gates.*.metric': (schema, project) => metrics(schema, project),
  'evaluation.metrics.*': (schema, project) => metrics(schema, project),
  'training.early_stopping.metric': (schema, project) => [...listed(schema), ...metrics(schema, project)],
};

/** Everything that may stand at a path, the likeliest first, each once. */
export const valuesFor = (path: Path, schema: SchemaNode, project: ProjectState): readonly ValueOffer[] => {
  const pattern = path.map((step) => (typeof step === 'number' ? '*' : step)).join('.');
  const offers = providers[pattern]?.(schema, project) ?? listed(schema);
  return offers.filter((offer, index) => offers.findIndex(({ text }) => text === offer.text) === index);
};

const listed = (schema: SchemaNode): ValueOffer[] =>
  listedValues(schema).map((value) => ({
    text: writeScalar(value),
    detail: value === schema.default ? 'default' : null,
  }));

const named = (schema: SchemaNode): ValueOffer[] => namedValues(schema).map((text) => ({ text, detail: null }));

const files = ({ modelFiles }: ProjectState, kind: RegExp, detail: string): ValueOffer[] =>
  (modelFiles ?? []).filter((file) => kind.test(file)).map((file) => ({ text: writeScalar(file), detail }));

const metrics = (schema: SchemaNode, project: ProjectState): ValueOffer[] => [
  ...project.metrics.map((text) => ({ text, detail: 'logged by earlier runs' })),
  // `slice` is a key beside the metric, not a metric.
  ...named(schema).filter(({ text }) => text !== 'slice'),
];

const offerDataset = (dataset: KnownDataset): ValueOffer => ({
  text: `${dataset.path}@v${dataset.version}`,
  detail: `${dataset.files.toLocaleString('en')} files · ${bytesText(dataset.bytes)}`,
});

const offerDevice = (device: KnownDevice): ValueOffer => ({ text: device.id, detail: describeDevice(device) });

/** `RTX 4090 · 21.3 of 24.0 GB free`, or the name alone where the memory is unknown. */
export const describeDevice = ({ name, freeBytes, memoryBytes }: KnownDevice): string =>
  freeBytes === null || memoryBytes === null
    ? name
    : `${name} · ${(freeBytes / 1e9).toFixed(1)} of ${(memoryBytes / 1e9).toFixed(1)} GB free`;
