import type { Device } from '../contract/device.ts';
import type { Loss } from '../graph/losses.ts';
import type { Optimizer } from '../graph/optimizers.ts';
import type { Checkpoints } from './checkpoint.ts';

/** Rows that a model learns from or is judged on. */
export interface RowSource {
  readonly rows: number;
  /**
   * Fills `inputs` row by row with the rows of the given numbers, and `targets` with their class numbers or values.
   * Synchronous; the arrays may be longer than the rows need.
   */
  readonly read: (indices: Uint32Array, inputs: Float32Array, targets: Float32Array) => void;
}

/** Which rows make the batches of an epoch. */
export interface EpochOrder {
  /** Counts from 1; with the seed it decides every random change of a row, so that a resumed epoch is the same. */
  readonly epoch: number;
  readonly seed: number;
  /** Row numbers in the order of this epoch. */
  readonly order: Uint32Array;
  /** Where in `order` each batch begins. */
  readonly starts: readonly number[];
  /** First batch that is wanted: 0, or more where training resumes within an epoch. */
  readonly first: number;
}

/** The batches of one epoch, one after the other, made ahead while the engine computes. */
export interface Batches {
  /** Fills the arrays with the next batch; blocks the thread until it is made. */
  readonly next: (inputs: Float32Array, targets: Float32Array) => void;
  /** Milliseconds spent waiting in `next` so far. */
  readonly waitedMs: () => number;
  readonly close: () => void;
}

/** Rows that a model learns from, changed at random where the configuration says so. */
export interface TrainingRows extends RowSource {
  readonly batches: (order: EpochOrder) => Batches;
}

export interface TrainingData {
  /** `[channels, height, width]` or `[columns]`. */
  readonly inputShape: readonly number[];
  readonly outputs: number;
  readonly task: 'classification' | 'regression';
  readonly train: TrainingRows;
  /**
   * Whether `batches` gives targets as distributions `[rows, outputs]`, as blended images have them, and not as one
   * class number or value a row.
   */
  readonly softTargets: boolean;
  /** May be empty; then the last epoch counts as the best. */
  readonly validation: RowSource;
}

/** How the learning rate changes over the epochs. */
export interface Schedule {
  readonly type: 'constant' | 'step' | 'cosine' | 'onecycle' | 'plateau';
  /** Epochs, or parts of one, in which the rate rises from 0. */
  readonly warmupEpochs?: number;
  /** For `step`: epochs between two cuts, default 10. For `plateau`: epochs without improvement, default 3. */
  readonly stepEpochs?: number;
  /** For `step` and `plateau`: what the rate is multiplied by, default 0.1. */
  readonly factor?: number;
}

export interface EarlyStopping {
  /** `val_loss`, `val_accuracy`, `train_loss` or `train_accuracy`. */
  readonly metric: string;
  /** Epochs without improvement before training stops. */
  readonly patience: number;
}

export interface TrainingPlan {
  /** The untrained forward model, ONNX. */
  readonly model: Uint8Array;
  readonly epochs: number;
  readonly batchSize: number;
  /** Of the order of rows and of dropout. */
  readonly seed: number;
  readonly loss: Loss;
  readonly optimizer: Optimizer;
  readonly learningRate: number;
  readonly schedule?: Schedule;
  /** Largest norm of all gradients together. */
  readonly gradientClip?: number;
  /** Batches whose gradients are added up before the weights change; left out: 1. */
  readonly accumulate?: number;
  /** Share of each label that is spread evenly over all classes. */
  readonly labelSmoothing?: number;
  /** Weight of each class in the loss, in their order. */
  readonly classWeights?: readonly number[];
  /**
   * Decay of a moving average of the weights, which is then what is judged and returned. Early in training it is
   * lower: (1 + t)/(10 + t) at the t-th change, so that the first weights do not weigh on it for long.
   */
  readonly averageDecay?: number;
  readonly earlyStopping?: EarlyStopping;
  /** Names of the initializers that stay as they are. */
  readonly frozen?: readonly string[];
  /** `cpu`, `webgpu`, `cuda` or `cuda:N`. What `auto` means is chosen before, from the engine's devices. */
  readonly device: string;
}

/** One point of a curve. Steps count from 1 over the whole training, epochs from 1. */
export interface MetricPoint {
  readonly name: 'train_loss' | 'train_accuracy' | 'val_loss' | 'val_accuracy' | 'learning_rate';
  readonly step: number;
  readonly epoch: number;
  readonly value: number;
}

export interface TrainingProgress {
  readonly epoch: number;
  readonly epochs: number;
  readonly step: number;
  /** Steps of all epochs together. */
  readonly steps: number;
  /** Since training began or went on, validation included. */
  readonly samplesPerSecond: number;
  /** Milliseconds until the last epoch's end at this pace; early stopping may end sooner. */
  readonly remainingMs: number;
  /** Share of the running epoch's time in which training waited for data, 0 to 1. */
  readonly waitShare: number;
}

/** What a training tells while it runs, and how it is stopped. */
export interface TrainingWatch {
  /** Training ends between two steps, with the signal's reason as its error. */
  readonly signal: AbortSignal;
  /** `train_loss` and `learning_rate` come every step, the others every epoch. */
  readonly metric: (point: MetricPoint) => void;
  readonly progress: (progress: TrainingProgress) => void;
  /** Without it nothing is saved, and training begins at its beginning. */
  readonly checkpoints?: Checkpoints;
}

export interface Trained {
  /** The forward model with the weights of the best epoch, ONNX. */
  readonly model: Uint8Array;
  readonly epochsRun: number;
  /** Counts from 1: the epoch with the best watched metric, or the last where nothing was watched. */
  readonly bestEpoch: number;
  readonly steps: number;
  /** Milliseconds inside the engine's own computation. */
  readonly mathMs: number;
  readonly totalMs: number;
  /** Metrics of the best epoch by name. */
  readonly metrics: Readonly<Record<string, number>>;
}

/** Something that trains models. */
export interface Engine {
  readonly name: 'onnx' | 'tfjs' | 'command';
  /** Where it can compute on this machine, the best first. */
  readonly devices: () => Promise<readonly Device[]>;
  readonly train: (plan: TrainingPlan, data: TrainingData, watch: TrainingWatch) => Promise<Trained>;
}

/** Something that training computes is no longer a finite number, so that further steps would teach nothing. */
export class TrainingDiverged extends Error {
  readonly step: number;
  readonly epoch: number;
  /** What was not finite first, such as `the weight dense1.weight`, and its value. */
  readonly tensor: string;
  readonly value: number;
  readonly hint: string;

  constructor(at: Pick<TrainingDiverged, 'step' | 'epoch' | 'tensor' | 'value' | 'hint'>) {
    super(`Training stopped at step ${at.step}, in epoch ${at.epoch}: ${at.tensor} became ${at.value}.`);
    this.name = 'TrainingDiverged';
    this.step = at.step;
    this.epoch = at.epoch;
    this.tensor = at.tensor;
    this.value = at.value;
    this.hint = at.hint;
  }
}

/** The device that was asked for cannot be used here. */
export class DeviceMissing extends Error {
  readonly device: string;

  constructor(device: string, reason: string) {
    super(`The device ${device} cannot be used: ${reason}`);
    this.name = 'DeviceMissing';
    this.device = device;
  }
}

/** A package that the engine needs is not installed. */
export class EngineMissing extends Error {
  readonly engine: Engine['name'];

  constructor(engine: Engine['name'], missing: string) {
    super(`engine: ${engine} needs ${missing}, which is not installed.`);
    this.name = 'EngineMissing';
    this.engine = engine;
  }
}
