import type { TensorData } from './inference-messages.ts';

/** How one datatype of the Open Inference Protocol lies in memory: little-endian, row-major, no padding. */
export interface Datatype {
  readonly bytes: number;
  readonly read: (view: DataView, at: number) => number;
}

/** Every fixed-width numeric datatype. `BYTES` has no fixed width and no meaning for a row of numbers. */
export const datatypes: Readonly<Record<string, Datatype>> = {
  BOOL: { bytes: 1, read: (view, at) => (view.getUint8(at) === 0 ? 0 : 1) },
  UINT8: { bytes: 1, read: (view, at) => view.getUint8(at) },
  UINT16: { bytes: 2, read: (view, at) => view.getUint16(at, true) },
  UINT32: { bytes: 4, read: (view, at) => view.getUint32(at, true) },
  UINT64: { bytes: 8, read: (view, at) => Number(view.getBigUint64(at, true)) },
  INT8: { bytes: 1, read: (view, at) => view.getInt8(at) },
  INT16: { bytes: 2, read: (view, at) => view.getInt16(at, true) },
  INT32: { bytes: 4, read: (view, at) => view.getInt32(at, true) },
  INT64: { bytes: 8, read: (view, at) => Number(view.getBigInt64(at, true)) },
  FP16: { bytes: 2, read: (view, at) => halfToNumber(view.getUint16(at, true)) },
  BF16: { bytes: 2, read: (view, at) => upperHalfToNumber(view.getUint16(at, true)) },
  FP32: { bytes: 4, read: (view, at) => view.getFloat32(at, true) },
  FP64: { bytes: 8, read: (view, at) => view.getFloat64(at, true) },
};

/** IEEE 754 binary16: 1 sign bit, 5 exponent bits (bias 15), 10 fraction bits. */
const halfToNumber = (bits: number): number => {
  const sign = bits >>> 15 === 0 ? 1 : -1;
  const exponent = (bits >>> 10) & 0x1f;
  const fraction = bits & 0x3ff;
  if (exponent === 0x1f) return fraction === 0 ? sign * Number.POSITIVE_INFINITY : Number.NaN;
  return exponent === 0 ? sign * 2 ** -14 * (fraction / 1024) : sign * 2 ** (exponent - 15) * (1 + fraction / 1024);
};

const widened = new DataView(new ArrayBuffer(4));
/** bfloat16 is the upper half of a binary32. */
const upperHalfToNumber = (bits: number): number => {
  widened.setUint32(0, bits * 0x10000);
  return widened.getFloat32(0);
};

/** The protocol's name of ONNX Runtime's element type. */
export const datatypeOf = (type: string): string =>
  ({ float32: 'FP32', float64: 'FP64', int32: 'INT32', int64: 'INT64', uint8: 'UINT8', bool: 'BOOL', string: 'BYTES' })[
    type
  ] ?? 'FP32';

/** Raw numbers as the model takes them. @throws RangeError never: the caller has checked the length */
export const toFloats = (bytes: Buffer, datatype: Datatype): Float32Array => {
  const count = bytes.length / datatype.bytes;
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  const floats = new Float32Array(count);
  for (let index = 0; index < count; index++) floats[index] = datatype.read(view, index * datatype.bytes);
  return floats;
};

/** The bytes of an output. Every platform that the runtime has binaries for is little-endian. */
export const toBytes = (data: TensorData): Buffer => Buffer.from(data.buffer, data.byteOffset, data.byteLength);
