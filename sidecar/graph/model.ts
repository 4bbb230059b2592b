/**
 * An ONNX model as an immutable value. Names and meanings follow onnx.proto; what Trainyard does not
 * use (documentation strings, cached value shapes, quantisation notes) is left out.
 */

/** Element types of ONNX tensors that can be held here. */
export type ElementType =
  | 'float32'
  | 'uint8'
  | 'int8'
  | 'uint16'
  | 'int16'
  | 'int32'
  | 'int64'
  | 'string'
  | 'bool'
  | 'float16'
  | 'float64'
  | 'uint32'
  | 'uint64'
  | 'bfloat16';

/** float16 and bfloat16 are kept as their 16-bit patterns, bool as 0 and 1. */
export type TensorData =
  | Float32Array
  | Float64Array
  | Uint8Array
  | Int8Array
  | Uint16Array
  | Int16Array
  | Int32Array
  | Uint32Array
  | BigInt64Array
  | BigUint64Array
  | readonly string[];

export interface Tensor {
  readonly name: string;
  readonly type: ElementType;
  readonly dims: readonly number[];
  /** Row-major. */
  readonly data: TensorData;
}

/** A sequence, map or optional value; Trainyard reads past it but computes with tensors only. */
export type ValueType = ElementType | 'other';

export interface ValueInfo {
  readonly name: string;
  readonly type: ValueType;
  /** A number, a symbol such as `N`, or the empty string for a dimension that the file leaves open. */
  readonly shape: readonly (number | string)[];
  /** True where the file does not even say how many dimensions there are; `shape` is then empty. */
  readonly unranked?: true;
}

export type Attribute =
  | { readonly kind: 'float'; readonly value: number }
  | { readonly kind: 'int'; readonly value: number }
  | { readonly kind: 'string'; readonly value: string }
  | { readonly kind: 'tensor'; readonly value: Tensor }
  | { readonly kind: 'graph'; readonly value: Graph }
  | { readonly kind: 'floats'; readonly value: readonly number[] }
  | { readonly kind: 'ints'; readonly value: readonly number[] }
  | { readonly kind: 'strings'; readonly value: readonly string[] };

export type Attributes = Readonly<Record<string, Attribute>>;

export interface Node {
  readonly name: string;
  readonly op: string;
  /** Empty for the standard operators. */
  readonly domain: string;
  /** Names of values; the empty string where an optional input is left out. */
  readonly inputs: readonly string[];
  readonly outputs: readonly string[];
  readonly attributes: Attributes;
}

export interface Graph {
  readonly name: string;
  readonly nodes: readonly Node[];
  /** What a caller feeds. Initializers are not listed, not even those that old files list here. */
  readonly inputs: readonly ValueInfo[];
  readonly outputs: readonly ValueInfo[];
  readonly initializers: readonly Tensor[];
}

export interface Model {
  readonly irVersion: number;
  /** Version of the standard operator set. */
  readonly opset: number;
  /** Version of `ai.onnx.ml`, where the model uses it. */
  readonly mlOpset?: number;
  readonly producer: string;
  readonly graph: Graph;
  readonly metadata: Readonly<Record<string, string>>;
}

/** The operator set that Trainyard writes, and the oldest file format that carries it. */
export const writtenOpset = 17;
export const writtenIrVersion = 8;

/** Domain of the operators that ONNX Runtime adds to the standard; there is one version of it. */
export const runtimeDomain = 'com.microsoft';

/** Domain of ONNX Runtime's operators on blocked channels ("NCHWc"); there is one version of it. */
export const blockedDomain = 'com.microsoft.nchwc';

/** Number of elements; 1 for a scalar. */
export const sizeOf = (dims: readonly number[]): number => dims.reduce((product, dim) => product * dim, 1);

/** One dimension; 1 beyond the last, where a shape can be thought of as going on in ones. */
export const dimAt = (dims: readonly number[], axis: number): number => dims[axis] ?? 1;

export const float32 = (name: string, dims: readonly number[], data: Float32Array): Tensor => ({
  name,
  type: 'float32',
  dims,
  data,
});

export const int64 = (name: string, dims: readonly number[], values: readonly number[]): Tensor => ({
  name,
  type: 'int64',
  dims,
  data: BigInt64Array.from(values, (value) => BigInt(value)),
});
