/** A set of rows that has been versioned, as completion and hover need it. */
export interface KnownDataset {
  readonly name: string;
  readonly version: number;
  readonly path: string;
  readonly files: number;
  readonly bytes: number;
}

/** A device of this machine, named as `training.device` names it. */
export interface KnownDevice {
  readonly id: string;
  readonly name: string;
  /** What can train there. */
  readonly engine: 'onnx' | 'tfjs';
  readonly freeBytes: number | null;
  readonly memoryBytes: number | null;
}

/** A run of the configuration that is being edited. */
export interface KnownRun {
  readonly id: string;
  readonly active: boolean;
  readonly epoch: number | null;
  readonly epochs: number | null;
  readonly metric: { readonly name: string; readonly value: number } | null;
}

/**
 * What the language features know of the project: a snapshot, never awaited.
 * A list is null while it is unknown, and nothing is called wrong because of that.
 */
export interface ProjectState {
  readonly datasets: readonly KnownDataset[] | null;
  readonly devices: readonly KnownDevice[] | null;
  /** `.onnx` and `.safetensors` files by their path in the workspace, with `/` between folders. */
  readonly modelFiles: readonly string[] | null;
  readonly metrics: readonly string[];
  /** Runs of this very file, newest first. */
  readonly runs: readonly KnownRun[];
}

export const unknownProject: ProjectState = { datasets: null, devices: null, modelFiles: null, metrics: [], runs: [] };
