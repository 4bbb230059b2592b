import { GraphError } from './graph-error.ts';
import { sizeOf } from './model.ts';

/** Bytes of an element of each type that the format knows. */
const widths = {
  F64: 8,
  I64: 8,
  U64: 8,
  F32: 4,
  I32: 4,
  U32: 4,
  F16: 2,
  BF16: 2,
  I16: 2,
  U16: 2,
  I8: 1,
  U8: 1,
  BOOL: 1,
} as const;

type SafeType = keyof typeof widths;

/** Where the bytes of a file come from; only what is asked for is read. */
export interface ByteSource {
  readonly size: number;
  /** Exactly `length` bytes from `offset`. */
  readonly read: (offset: number, length: number) => Uint8Array;
}

export interface SafeTensor {
  readonly name: string;
  readonly type: SafeType;
  /** Empty for a scalar. */
  readonly dims: readonly number[];
  /** The values as float32. @throws GraphError for whole numbers, which no weight is. */
  readonly floats: () => Float32Array;
}

export interface SafeTensors {
  readonly tensors: ReadonlyMap<string, SafeTensor>;
  readonly metadata: Readonly<Record<string, string>>;
}

/** The reference implementation's limit, github.com/huggingface/safetensors. */
const mostHeaderBytes = 100_000_000;

/**
 * Reads a safetensors file: the length of the header as u64, the header as JSON, then the tensors' bytes, little-endian.
 * Nothing in it is code. The header is checked wholly before any tensor is read: types, sizes, and that the tensors lie
 * side by side without a gap or an overlap, as the reference implementation demands.
 *
 * @throws GraphError with what is wrong
 */
export const readSafeTensors = (source: ByteSource): SafeTensors => {
  if (source.size < 8) throw broken('it is too short to have a header');
  const length = Number(viewOf(source.read(0, 8)).getBigUint64(0, true));
  if (length > mostHeaderBytes || length > source.size - 8)
    throw broken(`its header says that it is ${length} bytes long`);
  const header = parseHeader(source.read(8, length));
  const { __metadata__: notes, ...rest } = header;
  const first = 8 + length;
  const entries = Object.entries(rest).map(([name, entry]) => readEntry(name, entry));
  checkPlaces(entries, source.size - first);
  const tensors = entries.map(({ name, type, dims, begin, end }): [string, SafeTensor] => [
    name,
    { name, type, dims, floats: () => toFloats(name, type, source.read(first + begin, end - begin)) },
  ]);
  return { tensors: new Map(tensors), metadata: readNotes(notes) };
};

const broken = (why: string): GraphError => new GraphError(`This is no safetensors file: ${why}.`);

const viewOf = (bytes: Uint8Array): DataView => new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);

const parseHeader = (bytes: Uint8Array): Readonly<Record<string, unknown>> => {
  try {
    const header: unknown = JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes));
    if (isRecord(header)) return header;
  } catch {
    throw broken('its header is not JSON');
  }
  throw broken('its header is not an object');
};

const isRecord = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

const readNotes = (notes: unknown): Readonly<Record<string, string>> => {
  if (notes === undefined) return {};
  if (!isRecord(notes)) throw broken('its __metadata__ is not an object');
  return Object.fromEntries(Object.entries(notes).map(([key, value]) => [key, String(value)]));
};

interface Entry {
  readonly name: string;
  readonly type: SafeType;
  readonly dims: readonly number[];
  readonly begin: number;
  readonly end: number;
}

const isType = (type: unknown): type is SafeType => typeof type === 'string' && Object.hasOwn(widths, type);
const isCount = (value: unknown): value is number => Number.isSafeInteger(value) && Number(value) >= 0;
const areCounts = (value: unknown): value is readonly number[] => Array.isArray(value) && value.every(isCount);

const readEntry = (name: string, entry: unknown): Entry => {
  if (!isRecord(entry)) throw broken(`the tensor “${name}” is not described`);
  const { dtype, shape, data_offsets: offsets } = entry;
  if (!isType(dtype)) throw new GraphError(`The tensor “${name}” has the type ${String(dtype)}, which is not known.`);
  if (!areCounts(shape) || !areCounts(offsets) || offsets.length !== 2)
    throw broken(`the tensor “${name}” has no proper shape or place`);
  const [begin = 0, end = 0] = offsets;
  if (end - begin !== sizeOf(shape) * widths[dtype])
    throw broken(`the tensor “${name}” has ${end - begin} bytes, and its shape ${shape.join('x')} wants others`);
  return { name, type: dtype, dims: shape, begin, end };
};

const checkPlaces = (entries: readonly Entry[], bytes: number): void => {
  let reached = 0;
  for (const { name, begin, end } of entries.toSorted((a, b) => a.begin - b.begin || a.end - b.end)) {
    if (begin !== reached) throw broken(`the tensor “${name}” does not begin where the one before it ends`);
    reached = end;
  }
  if (reached !== bytes) throw broken(`its tensors have ${reached} bytes and the file holds ${bytes}`);
};

const toFloats = (name: string, type: SafeType, bytes: Uint8Array): Float32Array => {
  const decode = decoders[type];
  if (decode === undefined) throw new GraphError(`The tensor “${name}” holds ${type} numbers and not weights.`);
  const view = viewOf(bytes);
  const width = widths[type];
  const values = new Float32Array(bytes.byteLength / width);
  for (let index = 0; index < values.length; index += 1) values[index] = decode(view, index * width);
  return values;
};

const decoders: Readonly<Partial<Record<SafeType, (view: DataView, at: number) => number>>> = {
  F64: (view, at) => view.getFloat64(at, true),
  F32: (view, at) => view.getFloat32(at, true),
  F16: (view, at) => halfOf(view.getUint16(at, true)),
  // The upper half of a float32.
  BF16: (view, at) => floatOf(view.getUint16(at, true) << 16),
};

const scratch = new DataView(new ArrayBuffer(4));
const floatOf = (bits: number): number => {
  scratch.setInt32(0, bits);
  return scratch.getFloat32(0);
};

/** IEEE 754 binary16: one bit of sign, five of exponent, ten of fraction. */
const halfOf = (bits: number): number => {
  const sign = bits & 0x8000 ? -1 : 1;
  const [exponent, fraction] = [(bits >>> 10) & 0x1f, bits & 0x3ff];
  if (exponent === 0) return sign * fraction * 2 ** -24;
  if (exponent === 0x1f) return fraction === 0 ? sign * Infinity : NaN;
  return sign * (1 + fraction / 1024) * 2 ** (exponent - 15);
};

export interface WrittenTensor {
  readonly name: string;
  readonly dims: readonly number[];
  readonly data: Float32Array | Float64Array;
}

/**
 * A safetensors file in pieces, to be written one after the other: the header, then the tensors' own memory, which is
 * not copied. Tensors of eight bytes come first, so that each lies at a multiple of its width.
 */
export const writeSafeTensors = (
  tensors: readonly WrittenTensor[],
  metadata: Readonly<Record<string, string>> = {},
): readonly Uint8Array[] => {
  const ordered = tensors.toSorted((a, b) => b.data.BYTES_PER_ELEMENT - a.data.BYTES_PER_ELEMENT);
  let at = 0;
  const entries = ordered.map(({ name, dims, data }) => {
    const place = [at, at + data.byteLength];
    at += data.byteLength;
    return [name, { dtype: data instanceof Float64Array ? 'F64' : 'F32', shape: dims, data_offsets: place }] as const;
  });
  const text = JSON.stringify({ __metadata__: metadata, ...Object.fromEntries(entries) });
  const json = new TextEncoder().encode(text);
  // Blanks behind the JSON, so that the first tensor begins at a multiple of eight.
  const header = new Uint8Array(8 + Math.ceil(json.length / 8) * 8).fill(0x20);
  viewOf(header).setBigUint64(0, BigInt(header.length - 8), true);
  header.set(json, 8);
  return [header, ...ordered.map(({ data }) => new Uint8Array(data.buffer, data.byteOffset, data.byteLength))];
};
