import { isBuiltIn } from '../datasets/built-in.ts';
import type { TrainingDocument } from './document.ts';
import type { Finding, Fix } from './finding.ts';
import type { KnownDevice, ProjectState } from './project.ts';
import { writeScalar } from './snippet.ts';
import type { Path, Span } from './span.ts';

/** Checks that need two settings, or a setting and the project. None of them makes a file invalid. */
export const crossChecks = (document: TrainingDocument, text: string, project: ProjectState): readonly Finding[] =>
  checks.flatMap((check) => check(document, text, project));

type Check = (document: TrainingDocument, text: string, project: ProjectState) => readonly Finding[];

const inform = (span: Span, message: string, fixes: readonly Fix[] = []): Finding => ({
  severity: 'information',
  message,
  span,
  fixes,
  origin: null,
});

const checkEngine: Check = (document, _, { devices }) => {
  const written = read(document, ['training', 'engine']);
  if (devices === null || written?.value !== 'tfjs' || devices.some(({ engine }) => engine === 'tfjs')) return [];
  const fixes = written.movable
    ? [{ title: 'Train with onnx', edits: [{ span: written.span, text: 'onnx' }], preferred: true }]
    : [];
  return [inform(written.span, 'tensorflow.js is not installed; `trainyard devices install tfjs` brings it', fixes)];
};

const checkDevice: Check = (document, _, { devices }) => {
  const written = read(document, ['training', 'device']);
  const usable = devicesOf(document, devices ?? []);
  if (usable.length === 0 || written === null || typeof written.value !== 'string') return [];
  const asked = written.value;
  if (!isDevice.test(asked) || usable.some((device) => names(device, asked))) return [];
  const present = usable.map(({ id }) => id);
  const fixes = written.movable
    ? present.map((id, index) => ({
        title: `Train on ${id}`,
        edits: [{ span: written.span, text: id }],
        preferred: index === 0,
      }))
    : [];
  const message = `There is no device \`${asked}\` on this machine. There is ${present.map((id) => `\`${id}\``).join(', ') || 'none'}`;
  return [inform(written.span, message, fixes)];
};

/** Those of the engine that is asked for. */
const devicesOf = (document: TrainingDocument, devices: readonly KnownDevice[]): readonly KnownDevice[] => {
  const engine = read(document, ['training', 'engine'])?.value ?? 'onnx';
  return devices.filter((device) => device.engine === engine);
};

/** Devices by name; `auto` is whichever there is, and anything else is an error of another kind. */
const isDevice = /^(cpu|webgpu|cuda(:\d+)?)$/;

const names = ({ id }: KnownDevice, asked: string): boolean =>
  id === asked || (asked === 'cuda' && id.startsWith('cuda:'));

const checkPatience: Check = (document) => {
  const patience = read(document, ['training', 'early_stopping', 'patience']);
  const epochs = read(document, ['training', 'epochs']);
  if (patience === null || epochs === null || !isAtLeast(patience.value, epochs.value)) return [];
  return [
    inform(patience.span, `Training ends after ${String(epochs.value)} epochs, before this patience can run out`),
  ];
};

const checkWarmup: Check = (document) => {
  const warmup = read(document, ['optimizer', 'schedule', 'warmup_epochs']);
  const epochs = read(document, ['training', 'epochs']);
  if (warmup === null || epochs === null || !isAtLeast(warmup.value, epochs.value)) return [];
  return [
    inform(warmup.span, `Training ends after ${String(epochs.value)} epochs, before the learning rate has risen`),
  ];
};

const checkPinnedVersion: Check = (document, _, { datasets }) => {
  const written = read(document, ['data', 'dataset']);
  if (datasets === null || written === null || typeof written.value !== 'string') return [];
  const [path = '', pinned] = written.value.split('@v');
  const versions = datasets.filter((dataset) => dataset.path === path.replace(/^\.\//, '') || dataset.name === path);
  if (pinned === undefined || versions.length === 0 || versions.some(({ version }) => String(version) === pinned))
    return [];
  const known = versions.map(({ version }) => `v${version}`).join(', ');
  return [inform(written.span, `There is no version v${pinned} of \`${path}\`. There is ${known}`)];
};

/** A model of a file: only paths are looked at, since names of models that are built here are the schema's business. */
const checkModelFile: Check = (document, _, { modelFiles }) => {
  const written = read(document, ['model', 'name']);
  if (written === null || typeof written.value !== 'string' || !/[\\/.]/.test(written.value)) return [];
  if (read(document, ['training', 'engine'])?.value === 'command') return [];
  if (!/\.onnx$/i.test(written.value))
    return [inform(written.span, `\`${written.value}\` is no ONNX file; a model comes from an \`.onnx\` file`)];
  return missingFile(written, modelFiles, /\.onnx$/i);
};

const checkWeightsFile: Check = (document, _, { modelFiles }) => {
  const written = read(document, ['model', 'pretrained']);
  if (written === null || typeof written.value !== 'string' || /^(https?|file):/.test(written.value)) return [];
  if (!/\.(onnx|safetensors)$/i.test(written.value))
    return [
      inform(written.span, 'Weights come from a `.safetensors` or `.onnx` file; a `.pt` or `.pth` file could run code'),
    ];
  return missingFile(written, modelFiles, /\.(onnx|safetensors)$/i);
};

/** Says that a file is not there, with those that are; nothing of a path that leads out of the workspace. */
const missingFile = (written: Written, files: ProjectState['modelFiles'], kind: RegExp): readonly Finding[] => {
  const path = String(written.value).replaceAll('\\', '/').replace(/^\.\//, '');
  if (files === null || /^(\/|[a-z]:|~|.*\.\.\/)/i.test(path) || files.includes(path)) return [];
  const fixes = written.movable
    ? files
        .filter((file) => kind.test(file))
        .map((file) => ({
          title: `Use ${file}`,
          edits: [{ span: written.span, text: writeScalar(file) }],
          preferred: false,
        }))
    : [];
  return [inform(written.span, `There is no file \`${path}\` in the workspace`, fixes.slice(0, mostFixes))];
};

/** More would not be read. */
const mostFixes = 5;

/** Settings that are for tables alone, and for pictures alone. */
const onlyTables: readonly Path[] = [['features'], ['data', 'split', 'group_by'], ['data', 'split', 'time']];
const onlyPictures: readonly Path[] = [
  ['data', 'image_size'],
  ['data', 'channels'],
  ['data', 'augment'],
];

const checkKindOfData: Check = (document) => {
  const dataset = read(document, ['data', 'dataset'])?.value;
  const name = typeof dataset === 'string' ? dataset.replace(/@v?\d+$/, '') : '';
  const [strange, what] = isBuiltIn(name)
    ? [onlyTables, `${name} holds pictures, which have no columns`]
    : [/\.(csv|jsonl|ndjson|parquet)$/i.test(name) ? onlyPictures : [], `${name} is a table, and holds no pictures`];
  return strange.flatMap((path) => {
    const place = document.find(path);
    return place === null ? [] : [inform(place.key, what)];
  });
};

const checks: readonly Check[] = [
  checkEngine,
  checkDevice,
  checkPatience,
  checkWarmup,
  checkPinnedVersion,
  checkModelFile,
  checkWeightsFile,
  checkKindOfData,
];

const isAtLeast = (left: unknown, right: unknown): boolean =>
  typeof left === 'number' && typeof right === 'number' && left >= right;

interface Written {
  readonly value: unknown;
  readonly span: Span;
  /** Whether the text at the span is the value itself. */
  readonly movable: boolean;
}

const read = (document: TrainingDocument, path: Path): Written | null => {
  const place = document.find(path);
  if (place === null) return null;
  const value = path.reduce<unknown>(
    (part, step) => (part !== null && typeof part === 'object' ? (part as Record<string, unknown>)[step] : undefined),
    document.value,
  );
  return { value, span: place.value, movable: place.origin === null };
};
