import { GraphError } from './graph-error.ts';

/**
 * The protobuf wire format, as far as ONNX needs it: varints, 32- and 64-bit numbers, and byte strings.
 * Source: protobuf.dev, "Encoding".
 */

/** One field of a message. Numbers of wire types 0, 1 and 5 arrive as their unsigned bits. */
export interface Field {
  readonly number: number;
  readonly wire: 0 | 1 | 2 | 5;
  /** The bits of a number; 0 for a byte string. */
  readonly bits: bigint;
  /** A view into the message, of wire type 2; empty otherwise. */
  readonly bytes: Uint8Array;
}

const nothing = new Uint8Array(0);
const broken = (what: string) => new GraphError(`This is not an ONNX model: ${what}.`);

interface Cursor {
  readonly bytes: Uint8Array;
  at: number;
}

/** An unsigned varint of at most 64 bits; bits beyond are dropped, as in protobuf's own readers. */
const readVarint = (cursor: Cursor): bigint => {
  let low = 0;
  let high = 0n;
  for (let index = 0; index < 10; index += 1) {
    const byte = cursor.bytes[cursor.at];
    if (byte === undefined) throw broken('it ends inside a number');
    cursor.at += 1;
    if (index < 4) low |= (byte & 0x7f) << (7 * index);
    else high |= BigInt(byte & 0x7f) << BigInt(7 * index);
    if (byte < 0x80) return index < 4 ? BigInt(low) : BigInt.asUintN(64, BigInt(low) | high);
  }
  throw broken('a number in it has no end');
};

const readFixed = (cursor: Cursor, length: 4 | 8): bigint => {
  if (cursor.at + length > cursor.bytes.length) throw broken('it ends inside a number');
  const view = new DataView(cursor.bytes.buffer, cursor.bytes.byteOffset + cursor.at, length);
  cursor.at += length;
  return length === 4 ? BigInt(view.getUint32(0, true)) : view.getBigUint64(0, true);
};

const readBytes = (cursor: Cursor): Uint8Array => {
  const length = readVarint(cursor);
  const end = BigInt(cursor.at) + length;
  if (end > BigInt(cursor.bytes.length)) throw broken('it is cut short');
  const view = cursor.bytes.subarray(cursor.at, Number(end));
  cursor.at = Number(end);
  return view;
};

const readField = (cursor: Cursor): Field => {
  const key = readVarint(cursor);
  const number = Number(key >> 3n);
  if (number === 0 || number > 536_870_911) throw broken('it has a field with an impossible number');
  switch (Number(key & 7n)) {
    case 0:
      return { number, wire: 0, bits: readVarint(cursor), bytes: nothing };
    case 1:
      return { number, wire: 1, bits: readFixed(cursor, 8), bytes: nothing };
    case 2:
      return { number, wire: 2, bits: 0n, bytes: readBytes(cursor) };
    case 5:
      return { number, wire: 5, bits: readFixed(cursor, 4), bytes: nothing };
    default:
      throw broken('it has a field of an unknown kind');
  }
};

/** All fields of a message in file order. Throws a GraphError on bytes that are no message. */
export const readFields = (bytes: Uint8Array): readonly Field[] => {
  const cursor: Cursor = { bytes, at: 0 };
  const fields: Field[] = [];
  while (cursor.at < bytes.length) fields.push(readField(cursor));
  return fields;
};

/** The varints of a repeated field, packed or one by one, as signed 64-bit numbers. */
export const signedOf = (field: Field): readonly bigint[] => {
  if (field.wire !== 2) return [BigInt.asIntN(64, field.bits)];
  const cursor: Cursor = { bytes: field.bytes, at: 0 };
  const values: bigint[] = [];
  while (cursor.at < field.bytes.length) values.push(BigInt.asIntN(64, readVarint(cursor)));
  return values;
};

const scratch = new DataView(new ArrayBuffer(8));

/** The 32-bit floats of a repeated field, packed or one by one. */
export const floatsOf = (field: Field): readonly number[] => {
  if (field.wire !== 2) {
    scratch.setUint32(0, Number(BigInt.asUintN(32, field.bits)), true);
    return [scratch.getFloat32(0, true)];
  }
  if (field.bytes.length % 4 !== 0) throw broken('a list of numbers in it is cut short');
  const view = new DataView(field.bytes.buffer, field.bytes.byteOffset, field.bytes.length);
  return Array.from({ length: field.bytes.length / 4 }, (_, index) => view.getFloat32(4 * index, true));
};

/** The 64-bit floats of a repeated field, packed or one by one. */
export const doublesOf = (field: Field): readonly number[] => {
  if (field.wire !== 2) {
    scratch.setBigUint64(0, field.bits, true);
    return [scratch.getFloat64(0, true)];
  }
  if (field.bytes.length % 8 !== 0) throw broken('a list of numbers in it is cut short');
  const view = new DataView(field.bytes.buffer, field.bytes.byteOffset, field.bytes.length);
  return Array.from({ length: field.bytes.length / 8 }, (_, index) => view.getFloat64(8 * index, true));
};

const utf8 = new TextDecoder('utf-8', { fatal: true });

/** The text of a string field. */
export const textOf = (field: Field): string => {
  if (field.wire !== 2) throw broken('a name in it is not text');
  try {
    return utf8.decode(field.bytes);
  } catch {
    throw broken('a name in it is not valid UTF-8');
  }
};

/** The bytes of an embedded message or byte string. */
export const bytesOf = (field: Field): Uint8Array => {
  if (field.wire !== 2) throw broken('a part of it has the wrong kind');
  return field.bytes;
};

/** Writes one message; fields appear in the order in which they are written. */
export interface MessageWriter {
  readonly int: (field: number, value: bigint | number) => void;
  readonly float: (field: number, value: number) => void;
  readonly text: (field: number, value: string) => void;
  readonly bytes: (field: number, value: Uint8Array) => void;
  readonly message: (field: number, write: (writer: MessageWriter) => void) => void;
  readonly finish: () => Uint8Array;
}

const varint = (value: bigint): number[] => {
  const bytes: number[] = [];
  let rest = BigInt.asUintN(64, value);
  while (rest > 0x7fn) {
    bytes.push(Number(rest & 0x7fn) | 0x80);
    rest >>= 7n;
  }
  bytes.push(Number(rest));
  return bytes;
};

export const createMessageWriter = (): MessageWriter => {
  // Large payloads are kept as they are and copied once, at the end.
  const parts: Uint8Array[] = [];
  const put = (bytes: readonly number[]) => void parts.push(Uint8Array.from(bytes));
  const putBytes = (field: number, value: Uint8Array) => {
    put([...varint((BigInt(field) << 3n) | 2n), ...varint(BigInt(value.length))]);
    parts.push(value);
  };
  return {
    int: (field, value) => put([...varint(BigInt(field) << 3n), ...varint(BigInt(value))]),
    float: (field, value) => {
      const bits = new Uint8Array(4);
      new DataView(bits.buffer).setFloat32(0, value, true);
      put(varint((BigInt(field) << 3n) | 5n));
      parts.push(bits);
    },
    text: (field, value) => putBytes(field, new TextEncoder().encode(value)),
    bytes: putBytes,
    message: (field, write) => {
      const inner = createMessageWriter();
      write(inner);
      putBytes(field, inner.finish());
    },
    finish: () => {
      const whole = new Uint8Array(parts.reduce((length, part) => length + part.length, 0));
      let at = 0;
      for (const part of parts) {
        whole.set(part, at);
        at += part.length;
      }
      return whole;
    },
  };
};
