import type { Normalization } from '../build.ts';
import type { Graph } from '../model.ts';
import type { Squash } from './answers.ts';
import { layoutOf } from './layout.ts';
import type { Exit, ImportRequest } from './request.ts';

/** What happened to a file on its way in. */
export interface Story {
  readonly request: ImportRequest;
  /** The part of it that its answer needs. */
  readonly file: Graph;
  /** Tensors that were one in the file and are several now. */
  readonly untied: number;
  readonly squash: Squash;
  /** Numbers that it answered with, a row. */
  readonly width: number;
  readonly exit: Exit;
  readonly normalization: Normalization | null;
}

/** What a user should know of it, a sentence each. */
export const notesOn = (story: Story): readonly string[] =>
  [onHead, onLayout, onNormalization, onBatchNormalization, onSharing].flatMap((note) => note(story) ?? []);

const onHead = ({ exit, width, squash, request: { outputs } }: Story): string | undefined => {
  if (exit === 'new head')
    return `The file answers with ${width} numbers and the data needs ${outputs}; the head begins anew.`;
  if (exit === 'binary') return 'The file tells two classes apart by one number; it is served as two probabilities.';
  return squash === 'sigmoid' ? 'The file’s sigmoids become a softmax, since every row has one class here.' : undefined;
};

const onLayout = ({ file, request: { inputShape } }: Story): string | undefined =>
  ({
    same: undefined,
    'channels-last': 'The file takes images with the channels last; they are turned in front of it.',
    reshaped: 'The file takes rows in another shape; they are reshaped in front of it.',
  })[layoutOf(file, inputShape)];

const onNormalization = ({ normalization, request }: Story): string | undefined => {
  if (normalization !== null)
    return 'Rows are normalized in front of the file’s own layers (data.augment: [{normalize: none}] leaves that out).';
  return request.normalize === 'auto' && !isIdle(request.normalization)
    ? 'The file normalizes its input by itself and takes raw values; nothing is put in front of it.'
    : undefined;
};

const isIdle = ({ mean, std }: Normalization): boolean =>
  mean.every((value) => value === 0) && std.every((value) => value === 1);

const onBatchNormalization = ({ file }: Story): string | undefined => {
  const has = (op: string) => file.nodes.some((node) => node.op === op);
  if (!has('Conv') || has('BatchNormalization')) return undefined;
  return (
    'The file holds no batch normalization. If the model had some, its exporter has folded it into the convolutions, ' +
    'which train with the statistics of then: export it with training=TrainingMode.TRAINING and ' +
    'do_constant_folding=False, or bring the weights as .safetensors to one of the models built here.'
  );
};

const onSharing = ({ untied }: Story): string | undefined =>
  untied === 0 ? undefined : `${untied} tensors that were equal in the file are trained each by itself.`;
