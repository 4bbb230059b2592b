/** Named tensors of float32 numbers; their dimensions follow from the model. */
export type NamedTensors = ReadonlyMap<string, Float32Array>;

/** The best of the epochs so far. */
export interface BestEpoch {
  /** Counts from 1; 0 before the first. */
  readonly epoch: number;
  readonly metrics: Readonly<Record<string, number>>;
  /** Epochs without improvement since then. */
  readonly worse: number;
  /** How often the schedule `plateau` has cut the learning rate so far. */
  readonly plateaus: number;
}

/** Where a training stands between two batches: with the tensors, all that later batches depend on. */
export interface Standing {
  /** The epoch that is under way, from 1. */
  readonly epoch: number;
  /** Batches of it that are done. */
  readonly batch: number;
  /** Batches of the whole training that are done. */
  readonly step: number;
  /** Sums over the rows of the epoch so far: of the loss, and of right predictions. */
  readonly losses: number;
  readonly right: number;
  readonly best: BestEpoch;
  /** Milliseconds spent so far, in the engine's own computation and altogether. */
  readonly mathMs: number;
  readonly totalMs: number;
}

/** A training as it stands: one that goes on from here ends as if nothing had been, bit for bit. */
export interface Checkpoint {
  readonly standing: Standing;
  /** `Stepper.state`. */
  readonly state: NamedTensors;
  /** Weights of the best epoch; empty before the first has ended. */
  readonly best: NamedTensors;
}

/** Where checkpoints are kept. */
export interface Checkpoints {
  /** Where training goes on from; undefined to begin at the beginning. */
  readonly last: Checkpoint | undefined;
  /** Whether one is due between two batches, or at the end of the epoch that is given. */
  readonly isDue: (endOf?: number) => boolean;
  /** Returns when the checkpoint is safe on the disk. The tensors are only lent. */
  readonly keep: (checkpoint: Checkpoint) => void;
}
