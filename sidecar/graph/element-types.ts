import type { ElementType, TensorData } from './model.ts';

/** How one element type is numbered in a file and held in memory. Numbers: `TensorProto.DataType` of onnx.proto. */
interface Element {
  readonly code: number;
  readonly bytes: number;
  /** A typed array over bytes that start at a multiple of the element's size. */
  readonly view: (buffer: ArrayBuffer) => Exclude<TensorData, readonly string[]>;
}

const numeric: Readonly<Record<Exclude<ElementType, 'string'>, Element>> = {
  float32: { code: 1, bytes: 4, view: (buffer) => new Float32Array(buffer) },
  uint8: { code: 2, bytes: 1, view: (buffer) => new Uint8Array(buffer) },
  int8: { code: 3, bytes: 1, view: (buffer) => new Int8Array(buffer) },
  uint16: { code: 4, bytes: 2, view: (buffer) => new Uint16Array(buffer) },
  int16: { code: 5, bytes: 2, view: (buffer) => new Int16Array(buffer) },
  int32: { code: 6, bytes: 4, view: (buffer) => new Int32Array(buffer) },
  int64: { code: 7, bytes: 8, view: (buffer) => new BigInt64Array(buffer) },
  bool: { code: 9, bytes: 1, view: (buffer) => new Uint8Array(buffer) },
  float16: { code: 10, bytes: 2, view: (buffer) => new Uint16Array(buffer) },
  float64: { code: 11, bytes: 8, view: (buffer) => new Float64Array(buffer) },
  uint32: { code: 12, bytes: 4, view: (buffer) => new Uint32Array(buffer) },
  uint64: { code: 13, bytes: 8, view: (buffer) => new BigUint64Array(buffer) },
  bfloat16: { code: 16, bytes: 2, view: (buffer) => new Uint16Array(buffer) },
};

const stringCode = 8;

export type NumericType = keyof typeof numeric;

export const elementOf = (type: NumericType): Element => numeric[type];

/** The number that a file uses for an element type. */
export const codeOf = (type: ElementType): number => (type === 'string' ? stringCode : numeric[type].code);

const names = new Map<number, ElementType>([
  [stringCode, 'string'],
  ...Object.entries(numeric).map(([name, { code }]): [number, ElementType] => [code, name as NumericType]),
]);

/** The element type of a file's number, or undefined for one that is not supported (complex, float8, int4). */
export const typeOf = (code: number): ElementType | undefined => names.get(code);
