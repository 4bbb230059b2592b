import type { NumericType } from './element-types.ts';
import { elementOf, typeOf } from './element-types.ts';
import { GraphError } from './graph-error.ts';
import type { ElementType, Tensor, TensorData } from './model.ts';
import { sizeOf } from './model.ts';
import type { Field } from './protobuf.ts';
import { bytesOf, doublesOf, floatsOf, readFields, signedOf, textOf } from './protobuf.ts';

/** Field numbers of onnx.proto's TensorProto. */
const tensorField = {
  dims: 1,
  dataType: 2,
  segment: 3,
  floats: 4,
  int32s: 5,
  strings: 6,
  int64s: 7,
  name: 8,
  raw: 9,
  doubles: 10,
  uint64s: 11,
  externalData: 13,
  dataLocation: 14,
} as const;

/** The fields of a message with one number. */
export const every = (fields: readonly Field[], number: number): readonly Field[] =>
  fields.filter((field) => field.number === number);

/**
 * The only field with this number. Protobuf would merge several; a file that uses that could show the runtime
 * something else than was checked here, so it is refused.
 */
export const single = (fields: readonly Field[], number: number): Field | undefined => {
  const found = every(fields, number);
  if (found.length > 1) throw new GraphError('This model gives the same field twice.');
  return found[0];
};

export const textAt = (fields: readonly Field[], number: number): string => {
  const field = single(fields, number);
  return field === undefined ? '' : textOf(field);
};

export const numberAt = (fields: readonly Field[], number: number): number | undefined => {
  const field = single(fields, number);
  return field === undefined ? undefined : Number(BigInt.asIntN(64, field.bits));
};

/** A place in another file, as `TensorProto.external_data` names it. */
export interface ExternalPlace {
  /** As the model says; whoever reads it must see to it that it leads nowhere else. */
  readonly location: string;
  readonly offset: number;
  readonly length: number;
}

/** The bytes at a place in another file, exactly `length` of them. */
export type ReadExternal = (place: ExternalPlace) => Uint8Array;

/**
 * A tensor of a model file. Throws a GraphError where its bytes do not fit its dimensions, and where they are elsewhere
 * unless `external` brings them.
 */
export const readTensor = (bytes: Uint8Array, external?: ReadExternal): Tensor => {
  const fields = readFields(bytes);
  const name = textAt(fields, tensorField.name);
  if (external === undefined) refuseElsewhere(fields, name);
  refuseSegments(fields, name);
  const dims = every(fields, tensorField.dims).flatMap(signedOf).map(Number);
  const size = sizeOf(dims);
  if (dims.some((dim) => dim < 0) || !Number.isSafeInteger(size))
    throw new GraphError(`The tensor ${quoted(name)} has impossible dimensions.`);
  const type = typeOf(numberAt(fields, tensorField.dataType) ?? 0);
  if (type === undefined) throw new GraphError(`The tensor ${quoted(name)} has an element type that is not supported.`);
  const raw = rawOf(fields, external, { name, type, size });
  const data = raw === undefined ? readListed(fields, type) : readRaw(raw, type, name);
  if (data.length !== size)
    throw new GraphError(`The tensor ${quoted(name)} holds ${data.length} elements; its dimensions ask for ${size}.`);
  return { name, type, dims, data };
};

const quoted = (name: string) => (name === '' ? 'without a name' : `“${name}”`);

/** Source: onnx.proto, `TensorProto.data_location` and `external_data`. */
const isElsewhere = (fields: readonly Field[]): boolean =>
  every(fields, tensorField.externalData).length > 0 || (numberAt(fields, tensorField.dataLocation) ?? 0) !== 0;

const rawOf = (
  fields: readonly Field[],
  external: ReadExternal | undefined,
  tensor: Pick<Tensor, 'name' | 'type'> & { readonly size: number },
): Uint8Array | undefined => {
  const raw = single(fields, tensorField.raw);
  if (external === undefined || !isElsewhere(fields)) return raw === undefined ? undefined : bytesOf(raw);
  const length = tensor.type === 'string' ? -1 : tensor.size * elementOf(tensor.type).bytes;
  const place = placeOf(fields, length);
  if (raw !== undefined || place === undefined)
    throw new GraphError(`The tensor ${quoted(tensor.name)} names no proper place in another file.`);
  return external(place);
};

/** The place of `length` bytes, which is what the tensor needs; undefined where the file says something else. */
const placeOf = (fields: readonly Field[], length: number): ExternalPlace | undefined => {
  const entries = new Map(
    every(fields, tensorField.externalData).map((field): [string, string] => {
      const entry = readFields(bytesOf(field));
      return [textAt(entry, 1), textAt(entry, 2)];
    }),
  );
  const { location = '', offset = '0', length: told = String(length) } = Object.fromEntries(entries);
  const isPlace = location !== '' && /^\d+$/.test(offset) && Number.isSafeInteger(Number(offset));
  return isPlace && told === String(length) ? { location, offset: Number(offset), length } : undefined;
};

const refuseElsewhere = (fields: readonly Field[], name: string): void => {
  if (isElsewhere(fields))
    throw new GraphError(`The tensor ${quoted(name)} keeps its data in another file, which is not allowed.`);
};

const refuseSegments = (fields: readonly Field[], name: string): void => {
  if (every(fields, tensorField.segment).length > 0)
    throw new GraphError(`The tensor ${quoted(name)} is stored in segments, which is not supported.`);
};

const readRaw = (raw: Uint8Array, type: ElementType, name: string): TensorData => {
  if (type === 'string') throw new GraphError(`The tensor ${quoted(name)} has text where bytes are.`);
  const { bytes, view } = elementOf(type);
  if (raw.length % bytes !== 0) throw new GraphError(`The tensor ${quoted(name)} ends inside an element.`);
  // A copy, because a view may start at any byte while typed arrays need an aligned one.
  // `slice` would not do: a Buffer gives a view there.
  return view(new Uint8Array(raw).buffer);
};

type Listed = (fields: readonly Field[]) => TensorData;

const int32Values = (fields: readonly Field[]): readonly number[] =>
  every(fields, tensorField.int32s).flatMap(signedOf).map(Number);
const uint64Values = (fields: readonly Field[]): readonly bigint[] =>
  every(fields, tensorField.uint64s)
    .flatMap(signedOf)
    .map((value) => BigInt.asUintN(64, value));

/** Where onnx.proto keeps the elements of each type when they are not raw bytes. */
const listed: Readonly<Record<NumericType, Listed>> = {
  float32: (fields) => Float32Array.from(every(fields, tensorField.floats).flatMap(floatsOf)),
  float64: (fields) => Float64Array.from(every(fields, tensorField.doubles).flatMap(doublesOf)),
  int64: (fields) => BigInt64Array.from(every(fields, tensorField.int64s).flatMap(signedOf)),
  uint64: (fields) => BigUint64Array.from(uint64Values(fields)),
  uint32: (fields) => Uint32Array.from(uint64Values(fields).map(Number)),
  int32: (fields) => Int32Array.from(int32Values(fields)),
  int16: (fields) => Int16Array.from(int32Values(fields)),
  int8: (fields) => Int8Array.from(int32Values(fields)),
  uint16: (fields) => Uint16Array.from(int32Values(fields)),
  uint8: (fields) => Uint8Array.from(int32Values(fields)),
  bool: (fields) => Uint8Array.from(int32Values(fields)),
  float16: (fields) => Uint16Array.from(int32Values(fields)),
  bfloat16: (fields) => Uint16Array.from(int32Values(fields)),
};

const readListed = (fields: readonly Field[], type: ElementType): TensorData =>
  type === 'string' ? every(fields, tensorField.strings).map(textOf) : listed[type](fields);
