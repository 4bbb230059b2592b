import type { RowValues } from './row-values.ts';

/** Numbers of one output, row-major. ONNX Runtime gives 64-bit integers as `BigInt64Array`. */
export type TensorData = Float32Array | Float64Array | Int32Array | BigInt64Array | Uint8Array;

/** One input or output of a model. A dimension that is free in the file is −1. */
export interface Port {
  readonly name: string;
  /** ONNX Runtime's name of the element type, for example `float32`. */
  readonly type: string;
  readonly shape: readonly number[];
}

export interface OutputTensor {
  readonly name: string;
  readonly type: string;
  readonly dims: readonly number[];
  readonly data: TensorData;
}

/** What the sidecar asks of the thread that holds a model. */
export type InferenceOrder =
  | { readonly type: 'run'; readonly id: number; readonly input: RowValues; readonly dims: readonly number[] }
  | { readonly type: 'decode'; readonly id: number; readonly image: Uint8Array; readonly shape: ImageShape }
  | { readonly type: 'close' };

/** Channels, height and width of the pictures a model takes. */
export interface ImageShape {
  readonly channels: number;
  readonly height: number;
  readonly width: number;
}

/** What the thread answers. */
export type InferenceWord =
  | { readonly type: 'ready'; readonly inputs: readonly Port[]; readonly outputs: readonly Port[] }
  | { readonly type: 'refused'; readonly why: string }
  | { readonly type: 'ran'; readonly id: number; readonly outputs: readonly OutputTensor[] }
  | { readonly type: 'decoded'; readonly id: number; readonly pixels: Uint8Array }
  | { readonly type: 'failed'; readonly id: number; readonly why: string };

/** What the thread is started with. */
export interface InferenceStart {
  /** The model as bytes: a path would let ONNX Runtime open files beside it. */
  readonly onnx: Uint8Array;
  readonly threads: number;
}
