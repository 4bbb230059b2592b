import { z } from 'zod';

/**
 * `training.yaml`: the one schema. It gives the TypeScript type, the run-time check, the JSON Schema,
 * the editor's completion and hover, and the paths of errors. Descriptions are what a hover shows:
 * unit, range and effect belong there; defaults are shown from the schema itself.
 */

const scalarParameter = z.union([z.number(), z.string(), z.boolean()]);

export const ModelSettings = z
  .strictObject({
    name: z
      .string()
      .min(1)
      .describe(
        'Architecture: `resnet18`, `resnet34`, `resnet50`, `resnet101`, `resnet152`, `mobilenetv2`, `cnn`, `mlp` or `linear`; or the path of an ONNX file to fine-tune, such as `./models/net.onnx`.',
      ),
    pretrained: z
      .union([z.boolean(), z.string()])
      .default(false)
      .describe(
        'Start from trained weights: `true` for a pinned, checksummed source, or a path or https address of a `.safetensors` or `.onnx` file.',
      ),
    freeze: z
      .union([z.enum(['none', 'backbone']), z.array(z.string())])
      .default('none')
      .describe('Which weights stay as they are: `none`, `backbone`, or a list of name patterns.'),
    params: z
      .record(z.string(), z.union([scalarParameter, z.array(scalarParameter)]))
      .default({})
      .describe(
        'What the named model accepts, for example `{hidden: [256, 128]}` for `mlp` or `{channels: [16, 32]}` for `cnn`.',
      ),
  })
  .describe('The model to train.');

export const Split = z
  .strictObject({
    train: z.number().min(0).max(1).default(0.8).describe('Share of rows that train the model, 0 to 1.'),
    validation: z.number().min(0).max(1).default(0.1).describe('Share of rows that choose the best epoch, 0 to 1.'),
    test: z.number().min(0).max(1).default(0.1).describe('Share of rows held out until evaluation, 0 to 1.'),
    seed: z
      .number()
      .int()
      .nonnegative()
      .default(0)
      .describe('Seed of the split. The same seed and data give the same split.'),
    stratify: z.boolean().default(true).describe('Keep the share of each class equal in all three parts.'),
    group_by: z
      .string()
      .optional()
      .describe(
        'Column whose rows stay together in one part, for example a patient. With `time`, whole groups by their newest row.',
      ),
    time: z.string().optional().describe('Column by which the newest rows become the test part.'),
  })
  .refine((split) => Math.abs(split.train + split.validation + split.test - 1) < 1e-6, {
    message: 'train, validation and test must add up to 1',
  })
  .describe('How rows are divided. The three shares add up to 1.');

export const Augmentation = z
  .strictObject({
    flip: z.enum(['horizontal', 'vertical']).optional().describe('Mirror half of the images.'),
    crop: z
      .number()
      .int()
      .positive()
      .optional()
      .describe('Pad by this many pixels, then cut out a random part of the old size.'),
    rotate: z.number().positive().max(180).optional().describe('Turn by a random angle of up to this many degrees.'),
    color_jitter: z
      .number()
      .positive()
      .max(1)
      .optional()
      .describe('Change brightness, contrast and saturation at random by up to this share, above 0 to 1.'),
    erase: z
      .number()
      .positive()
      .max(1)
      .optional()
      .describe('Share of images of which a random rectangle is filled with noise, above 0 to 1.'),
    mixup: z
      .number()
      .positive()
      .optional()
      .describe(
        'Blend pairs of images and their labels; the share follows a Beta distribution with this parameter, such as 0.2.',
      ),
    cutmix: z
      .number()
      .positive()
      .optional()
      .describe('Paste a part of another image and blend the labels by area; Beta parameter, such as 1.'),
    normalize: z
      .enum(['imagenet', 'dataset', 'none'])
      .optional()
      .describe(
        'Mean and deviation that pixels are scaled with: of ImageNet, of the training rows (`dataset`, the default), or `none`: 0 to 255 as they are. It becomes a part of the model.',
      ),
  })
  .describe('One change made to training images.');

/** What a check of the data can be about, with the keys that say more of it. */
const checkSubjects = {
  columns: ['only'],
  column: ['type', 'at_least', 'at_most', 'one_of', 'matches', 'missing_at_most'],
  unique: [],
  count: ['at_least', 'at_most', 'share_at_least', 'share_at_most'],
  readable: [],
} as const;

type CheckSubject = keyof typeof checkSubjects;
type CheckKey = CheckSubject | (typeof checkSubjects)[CheckSubject][number];

interface Objection {
  readonly message: string;
  readonly path: readonly CheckKey[];
}

/** Why keys of a check do not go together. */
const objectionsTo = (rule: Readonly<Partial<Record<CheckKey, unknown>>>): readonly Objection[] => {
  const written = (key: CheckKey) => rule[key] !== undefined;
  const subjects = (Object.keys(checkSubjects) as CheckSubject[]).filter(written);
  const [subject] = subjects;
  if (subject === undefined || subjects.length > 1) {
    return [{ message: `a check needs exactly one of ${Object.keys(checkSubjects).join(', ')}`, path: [] }];
  }
  const fitting: readonly CheckKey[] = checkSubjects[subject];
  const strangers = Object.values(checkSubjects)
    .flat()
    .filter((key) => written(key) && !fitting.includes(key));
  const isBare = fitting.length > 1 && !fitting.some(written);
  return [
    ...[...new Set(strangers)].map((key) => ({ message: `does not go with \`${subject}\``, path: [key] })),
    ...(isBare ? [{ message: `\`${subject}\` needs at least one of ${fitting.join(', ')}`, path: [] }] : []),
    ...shareObjections(rule, written),
    ...crossed(rule, 'at_least', 'at_most'),
    ...crossed(rule, 'share_at_least', 'share_at_most'),
  ];
};

const shareObjections = (
  { count }: Readonly<Partial<Record<CheckKey, unknown>>>,
  written: (key: CheckKey) => boolean,
): readonly Objection[] =>
  (['share_at_least', 'share_at_most'] as const)
    .filter((key) => written(key) && count !== undefined && count !== 'each_class')
    .map((key) => ({ message: 'shares are those of `count: each_class`', path: [key] }));

const crossed = (
  rule: Readonly<Partial<Record<CheckKey, unknown>>>,
  least: CheckKey,
  most: CheckKey,
): readonly Objection[] => {
  const [low, high] = [rule[least], rule[most]];
  const isCrossed = typeof low === 'number' && typeof high === 'number' && low > high;
  return isCrossed ? [{ message: `must not be below \`${least}\``, path: [most] }] : [];
};

const isRegularExpression = (text: string): boolean => {
  try {
    return new RegExp(text, 'u') instanceof RegExp;
  } catch (error) {
    if (error instanceof SyntaxError) return false;
    throw error;
  }
};

const share = z.number().min(0).max(1);

export const CheckRule = z
  .strictObject({
    columns: z.array(z.string()).min(1).optional().describe('Columns that the table must have, in any order.'),
    only: z.boolean().optional().describe('For `columns`: the table must have no others.'),
    column: z.string().optional().describe('Column whose values are checked, by the keys beside it.'),
    type: z
      .enum(['integer', 'number', 'boolean', 'date', 'text'])
      .optional()
      .describe('For `column`: what every value must be. A missing value is none of another type.'),
    at_least: z
      .number()
      .optional()
      .describe('For `column`: the least value. For `count`: the least number; of `each_class`, for every class.'),
    at_most: z
      .number()
      .optional()
      .describe('For `column`: the largest value. For `count`: the largest number; of `each_class`, for every class.'),
    one_of: z
      .array(scalarParameter)
      .min(1)
      .optional()
      .describe('For `column`: the only values there may be, such as `[yes, no]`.'),
    matches: z
      .string()
      .refine(isRegularExpression, { message: 'must be a regular expression' })
      .optional()
      .describe('For `column`: a regular expression that every value must match, such as `^[A-Z]{2}$`.'),
    missing_at_most: share.optional().describe('For `column`: largest share of rows without a value, 0 to 1.'),
    unique: z
      .union([z.enum(['rows', 'files']), z.array(z.string()).min(1)])
      .optional()
      .describe(
        'What may not be there twice: whole `rows`, `files` (pictures and others, by their contents), or rows with equal values in a list of columns, such as `[id]`.',
      ),
    count: z
      .enum(['rows', 'files', 'each_class'])
      .optional()
      .describe('What is counted: `rows` of a table, `files`, or the rows or pictures of `each_class`.'),
    share_at_least: share.optional().describe('For `count: each_class`: least share of every class, 0 to 1.'),
    share_at_most: share.optional().describe('For `count: each_class`: largest share of every class, 0 to 1.'),
    readable: z.literal('pictures').optional().describe('Every picture must be one that can be decoded.'),
    on_fail: z
      .enum(['block', 'warn'])
      .default('block')
      .describe('What a broken check does: `block` holds the run, push, merge and commit; `warn` only says so.'),
  })
  .check(({ value, issues }) => {
    for (const { message, path } of objectionsTo(value)) {
      issues.push({ code: 'custom', message, input: value, path: [...path], continue: true });
    }
  })
  .describe('One condition that the data must meet, before they are trained on, pushed, merged or committed.');
export type CheckRule = z.infer<typeof CheckRule>;

export const DataSettings = z
  .strictObject({
    dataset: z
      .string()
      .min(1)
      .describe(
        'A built-in data set (`cifar10`, `cifar100`, `mnist`, `fashion-mnist`), or the path of an image folder, an IDX or CIFAR folder, or a CSV, JSON lines or Parquet file. `@v3` behind it pins a version.',
      ),
    source: z
      .string()
      .optional()
      .describe(
        'Where a built-in data set comes from instead of its home: the `https:` address of a mirror, or the path or `file:` address of a folder with its files, packed or unpacked. Checksums of packed files still apply.',
      ),
    target: z.string().optional().describe('Column to predict, for tables. Default: the last column.'),
    task: z
      .enum(['auto', 'classification', 'regression'])
      .default('auto')
      .describe(
        'What is predicted. `auto`: regression when the target of a table is a number with more than 20 different values.',
      ),
    batch_size: z
      .union([z.number().int().min(1).max(65536), z.literal('auto')])
      .default(64)
      .describe(
        'Rows per training step, 1 to 65,536, or `auto`: the largest power of two up to 1,024 that fits into the free memory. Larger is faster per row and needs more memory.',
      ),
    image_size: z
      .number()
      .int()
      .min(4)
      .max(2048)
      .optional()
      .describe(
        'Side of the square that images are resized to, in pixels, 4 to 2,048. Default: the size of the first image.',
      ),
    channels: z
      .union([z.literal(1), z.literal(3)])
      .optional()
      .describe('1 for grey, 3 for colour. Default: as the first image.'),
    split: Split.prefault({}),
    augment: z.array(Augmentation).default([]).describe('Random changes made to training images, in order.'),
    checks: z
      .array(CheckRule)
      .default([])
      .describe(
        'Conditions that the data must meet: columns, types, ranges, missing values, duplicates, balance of classes.',
      ),
  })
  .describe('The data to learn from.');

export const FeatureSettings = z
  .strictObject({
    name: z.string().describe('Name of the feature.'),
    from: z.string().optional().describe('Column it is made from. Default: its name.'),
    transform: z
      .enum(['none', 'log1p', 'onehot', 'hash', 'bucket', 'date', 'standard', 'minmax'])
      .default('none')
      .describe(
        'How the column becomes numbers: `none` as it is, `standard` by mean and deviation, `minmax` to 0 to 1, `log1p`, `onehot`, `hash` for many categories, `bucket` by quantiles, `date` into year, month, day, weekday and hour.',
      ),
    min_count: z.number().int().positive().optional().describe('For `onehot`: rarer categories share one cell.'),
    buckets: z
      .union([z.number().int().min(2).max(65536), z.array(z.number()).min(1)])
      .optional()
      .describe(
        'For `hash`: cells, default 64. For `bucket`: how many quantiles, default 10, or the inner boundaries.',
      ),
    source: z.string().optional().describe('Another table that the feature is joined from.'),
    entity: z.string().optional().describe('Column by which that table is joined.'),
    column: z.string().optional().describe('Column that is aggregated.'),
    aggregate: z.enum(['sum', 'mean', 'min', 'max', 'count']).optional().describe('How its rows are put together.'),
    window: z.string().optional().describe('How far back rows count, for example `30d`.'),
    at: z.string().optional().describe('Column with the time of a row.'),
  })
  .refine(({ transform, min_count }) => min_count === undefined || transform === 'onehot', {
    message: 'only `onehot` counts categories',
    path: ['min_count'],
  })
  .refine(({ transform, buckets }) => buckets === undefined || transform === 'hash' || transform === 'bucket', {
    message: 'only `hash` and `bucket` have buckets',
    path: ['buckets'],
  })
  .refine(({ transform, buckets }) => transform !== 'hash' || typeof buckets !== 'object', {
    message: '`hash` takes the number of its cells, such as 64',
    path: ['buckets'],
  })
  .refine(
    ({ buckets }) =>
      typeof buckets !== 'object' || buckets.every((at, index) => at > (buckets[index - 1] ?? -Infinity)),
    {
      message: 'boundaries must rise, each once',
      path: ['buckets'],
    },
  )
  .describe(
    'One feature of a table. Without this section every column becomes one by itself; with it only those that are listed.',
  );

export const Schedule = z
  .strictObject({
    type: z
      .enum(['constant', 'step', 'cosine', 'onecycle', 'plateau'])
      .default('constant')
      .describe('Shape of the learning rate over the epochs.'),
    warmup_epochs: z.number().min(0).default(0).describe('Epochs in which the learning rate rises from 0.'),
    step_epochs: z.number().int().positive().optional().describe('For `step`: epochs between two cuts.'),
    factor: z
      .number()
      .positive()
      .max(1)
      .optional()
      .describe('For `step` and `plateau`: what the learning rate is multiplied by.'),
  })
  .describe('How the learning rate changes.');

export const OptimizerSettings = z
  .strictObject({
    type: z.enum(['sgd', 'adam', 'adamw', 'rmsprop']).default('adam').describe('Optimizer.'),
    lr: z
      .number()
      .positive()
      .max(100)
      .default(0.001)
      .describe('Learning rate, above 0. The single most important setting.'),
    momentum: z
      .number()
      .min(0)
      .max(1)
      .default(0.9)
      .describe('For `sgd`: share of the last update that is kept, 0 to 1.'),
    weight_decay: z
      .number()
      .min(0)
      .default(0)
      .describe('Pull of weights towards 0, per step and unit of learning rate.'),
    beta1: z.number().min(0).lt(1).default(0.9).describe('For `adam` and `adamw`: decay of the first moment.'),
    beta2: z.number().min(0).lt(1).default(0.999).describe('For `adam` and `adamw`: decay of the second moment.'),
    epsilon: z.number().positive().default(1e-8).describe('For `adam` and `adamw`: keeps the division finite.'),
    schedule: Schedule.prefault({}),
  })
  .describe('How weights are changed after each batch.');

export const EarlyStopping = z
  .strictObject({
    metric: z.string().default('val_loss').describe('Metric that is watched.'),
    patience: z.number().int().positive().default(5).describe('Epochs without improvement before training stops.'),
  })
  .describe('Stop when training no longer helps.');

export const Checkpointing = z
  .strictObject({
    every_epochs: z
      .number()
      .int()
      .positive()
      .default(1)
      .describe(
        'Epochs between two checkpoints, 1 or more. They take no more than a twentieth of the time; long epochs are saved every ten minutes as well.',
      ),
    keep: z
      .number()
      .int()
      .positive()
      .default(3)
      .describe('Checkpoints kept, 1 or more: where the newest is damaged, the one before is used.'),
  })
  .describe('How often the state of training is saved, from which an interrupted run goes on, bit for bit.');

export const TrainingSettings = z
  .strictObject({
    epochs: z
      .number()
      .int()
      .min(1)
      .max(100_000)
      .default(10)
      .describe('How many times training sees every row, 1 to 100,000.'),
    device: z
      .string()
      .regex(/^(auto|cpu|webgpu|cuda|cuda:\d+)$/, 'must be auto, cpu, webgpu, cuda or cuda:N')
      .default('auto')
      .describe(
        'Where training computes: `auto` (the best there is, said aloud), `cpu`, `webgpu`, `cuda`, or `cuda:N` for one card. A device that is not there is an error, never a fall-back.',
      ),
    engine: z
      .enum(['onnx', 'tfjs', 'command'])
      .default('onnx')
      .describe(
        'What computes: `onnx` (ONNX Runtime), `tfjs` (tensorflow.js), or `command` (a script of yours in any language).',
      ),
    command: z
      .string()
      .min(1)
      .optional()
      .describe('For `engine: command`: the command line, run in the workspace, for example `python train.py`.'),
    seed: z
      .number()
      .int()
      .min(0)
      .max(0xffffffff)
      .default(0)
      .describe('Seed of the first weights and of the order of rows. The same seed gives the same model, bit for bit.'),
    loss: z
      .enum(['auto', 'cross_entropy', 'mse', 'binary_cross_entropy'])
      .default('auto')
      .describe('What training makes small. `auto`: cross-entropy for classes, mean squared error for numbers.'),
    early_stopping: EarlyStopping.optional(),
    checkpoint: Checkpointing.prefault({}),
    gradient_clip: z.number().positive().optional().describe('Largest norm of all gradients together.'),
    accumulate: z
      .number()
      .int()
      .min(1)
      .max(1024)
      .default(1)
      .describe(
        'Batches whose gradients are added up before one step of the optimizer, 1 to 1,024: a large batch in little memory.',
      ),
    label_smoothing: z
      .number()
      .min(0)
      .lt(1)
      .default(0)
      .describe('Share of each label that is spread evenly over all classes, 0 to below 1. For cross-entropy.'),
    class_weights: z
      .union([z.enum(['none', 'balanced']), z.record(z.string(), z.number().positive())])
      .default('none')
      .describe(
        'Weight of each class in the loss: `balanced` by its frequency among the training rows, or a number a class.',
      ),
    ema: z
      .number()
      .gt(0)
      .lt(1)
      .optional()
      .describe(
        'Keep a moving average of the weights with this decay, such as 0.999; it is what is judged and registered.',
      ),
  })
  .refine((training) => training.engine !== 'command' || training.command !== undefined, {
    path: ['command'],
    message: '`engine: command` needs `command`, for example `command: python train.py`',
  })
  .describe('How long, where and with what to train.');

export const SearchSettings = z
  .strictObject({
    method: z
      .enum(['grid', 'random', 'bayes', 'hyperband'])
      .default('random')
      .describe('How the next trial is chosen.'),
    trials: z.number().int().positive().default(20).describe('Number of trials.'),
    parallel: z.number().int().positive().default(1).describe('Trials at the same time.'),
    space: z
      .record(z.string(), z.unknown())
      .describe('What varies, for example `{optimizer.lr: {log: [1e-4, 1e-1]}}`.'),
  })
  .describe('A search over settings.');

export const EvaluationSettings = z
  .strictObject({
    metrics: z.array(z.string()).default([]).describe('Metrics shown first. All are computed.'),
    slices: z
      .array(z.string())
      .default([])
      .describe('Columns whose values are judged one by one; `class` for the true class.'),
    script: z.string().optional().describe('A script of yours that adds metrics.'),
  })
  .describe('How a trained model is judged on held-out rows.');

export const GateRule = z
  .strictObject({
    metric: z
      .string()
      .min(1)
      .describe(
        'What is judged: `accuracy`, `f1_macro`, `log_loss`, `latency_p95_ms`, …; with `slice`, a metric of that slice.',
      ),
    at_least: z.number().optional().describe('The metric must be this or more.'),
    at_most: z.number().optional().describe('The metric must be this or less.'),
    not_worse_than: z
      .literal('champion')
      .optional()
      .describe('The metric must not be worse than the champion’s, on the same rows.'),
    by: z.number().nonnegative().default(0).describe('For `not_worse_than`: how much worse is still accepted.'),
    confidence: z
      .number()
      .gt(0.5)
      .lt(1)
      .optional()
      .describe(
        'Judge by the interval of this confidence, above 0.5 and below 1. Without it the measured value decides; `not_worse_than` uses 0.95.',
      ),
    slice: z
      .record(z.string(), z.union([z.string(), z.number()]))
      .optional()
      .describe('Judge one slice only, for example `{class: 9}`.'),
  })
  .refine(
    (rule) => [rule.at_least, rule.at_most, rule.not_worse_than].filter((limit) => limit !== undefined).length === 1,
    {
      message: 'a gate needs exactly one of at_least, at_most, not_worse_than',
    },
  )
  .describe('One condition that a model must meet.');

export const RegistrySettings = z
  .strictObject({
    model: z.string().min(1).optional().describe('Name in the registry. Default: `name`.'),
    tags: z.record(z.string(), z.string()).default({}).describe('Notes kept with the version.'),
  })
  .describe('How the model is registered.');

export const DeploySettings = z
  .strictObject({
    strategy: z
      .enum(['replace', 'canary', 'ab', 'shadow', 'none'])
      .default('replace')
      .describe('How a new version takes over.'),
    steps: z
      .array(z.number().gt(0).max(100))
      .default([5, 25, 100])
      .describe('For `canary`: share of traffic per step, in percent.'),
    step_minutes: z.number().positive().default(15).describe('For `canary`: minutes per step.'),
    abort_if: z
      .strictObject({
        error_rate: z.number().min(0).max(1).optional().describe('Share of failed requests, 0 to 1.'),
        latency_p95_ms: z.number().positive().optional().describe('95th percentile of the latency, in milliseconds.'),
      })
      .optional()
      .describe('When a canary is taken back.'),
    port: z.number().int().min(0).max(65535).default(0).describe('TCP port on 127.0.0.1; 0 takes a free one.'),
  })
  .describe('How the model is served.');

export const MonitorSettings = z
  .strictObject({
    window: z
      .string()
      .regex(/^\d+(s|m|h|d)$/, 'must be a number with s, m, h or d, such as 1h')
      .default('1h')
      .describe('Time after which a window of live traffic closes, for example `1h`.'),
    window_rows: z.number().int().min(20).default(200).describe('Rows after which it closes earlier, 20 or more.'),
    drift: z
      .strictObject({
        threshold: z
          .union([z.literal('auto'), z.number().positive()])
          .default('auto')
          .describe('PSI above which a feature drifts. `auto`: calibrated on chunks of the reference.'),
        columns: z
          .union([z.literal('all'), z.array(z.string())])
          .default('all')
          .describe('Features that are watched.'),
        correction: z
          .enum(['bh', 'none'])
          .default('bh')
          .describe('Correction for watching many features: Benjamini–Hochberg or none.'),
        consecutive: z
          .number()
          .int()
          .positive()
          .default(2)
          .describe('Windows in a row before an alarm rises or falls.'),
      })
      .prefault({})
      .describe('When live traffic counts as different.'),
    alerts: z
      .array(
        z.strictObject({
          to: z.enum(['vscode', 'webhook', 'command']).describe('Where an alert goes.'),
          url: z.string().optional().describe('For `webhook`: its address.'),
          run: z.string().optional().describe('For `command`: its command line.'),
        }),
      )
      .default([{ to: 'vscode' }])
      .describe('Where alerts go.'),
    retrain: z
      .strictObject({
        when: z
          .enum(['never', 'drift_and_accuracy', 'schedule'])
          .default('never')
          .describe('What starts a retraining.'),
        cooldown: z.string().default('24h').describe('Least time between two.'),
        max_per_day: z.number().int().positive().default(3).describe('Most retrainings a day.'),
        approve: z.enum(['always', 'on_fail', 'never']).default('always').describe('When a person is asked.'),
      })
      .prefault({})
      .describe('Retraining without a person.'),
  })
  .describe('How the served model is watched.');

export const ComputeSettings = z
  .looseObject({
    kind: z.enum(['local', 'slurm', 'ray', 'kubernetes']).default('local').describe('Where the run computes.'),
  })
  .describe('The machine or cluster that trains.');

export const Training = z
  .strictObject({
    name: z
      .string()
      .regex(/^[A-Za-z0-9][A-Za-z0-9._-]*$/, 'must be letters, digits, dots, dashes or underscores')
      .optional()
      .describe('Name of the experiment and the model. Default: the folder above `config/`.'),
    model: ModelSettings,
    data: DataSettings,
    features: z.array(FeatureSettings).default([]).describe('Features of tables.'),
    optimizer: OptimizerSettings.prefault({}),
    training: TrainingSettings.prefault({}),
    search: SearchSettings.optional(),
    evaluation: EvaluationSettings.prefault({}),
    gates: z
      .array(GateRule)
      .default([])
      .describe('Conditions before registration. Without any, nothing is judged, and the run says so.'),
    registry: RegistrySettings.prefault({}),
    deploy: DeploySettings.prefault({}),
    monitor: MonitorSettings.prefault({}),
    compute: ComputeSettings.prefault({}),
  })
  .describe('A Trainyard training configuration.');
/** The configuration with every default filled in. Keys that begin with `x-` are removed before the check. */
export type Training = z.infer<typeof Training>;
