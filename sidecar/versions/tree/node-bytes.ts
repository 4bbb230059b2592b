import type { Hash } from '../../contract/ids.ts';

/** Appends to memory that grows; written anew from its start for every node. */
export interface ByteWriter {
  readonly byte: (value: number) => void;
  /** LEB128; up to 2⁵³ − 1. */
  readonly number: (value: number) => void;
  readonly hex: (digits: string) => void;
  /** UTF-8 with its length before it. */
  readonly text: (text: string) => void;
  /** What was written. It is a view: copy it or be done with it before the next `clear`. */
  readonly view: () => Buffer;
  readonly length: () => number;
  readonly clear: () => void;
}

export const createByteWriter = (): ByteWriter => {
  let bytes = Buffer.allocUnsafeSlow(4_096);
  let length = 0;
  const reserve = (more: number) => {
    if (length + more > bytes.length) bytes = Buffer.concat([bytes], (length + more) * 2);
  };
  const number = (value: number) => {
    reserve(8);
    let rest = value;
    while (rest >= 0x80) {
      bytes[length++] = (rest % 0x80) + 0x80;
      rest = Math.floor(rest / 0x80);
    }
    bytes[length++] = rest;
  };
  return {
    number,
    byte: (value) => {
      reserve(1);
      bytes[length++] = value;
    },
    hex: (digits) => {
      reserve(digits.length / 2);
      length += bytes.write(digits, length, 'hex');
    },
    text: (text) => {
      number(Buffer.byteLength(text));
      reserve(text.length * 3);
      length += bytes.write(text, length, 'utf8');
    },
    view: () => bytes.subarray(0, length),
    length: () => length,
    clear: () => {
      length = 0;
    },
  };
};

/** Reads what a `ByteWriter` wrote. @throws RangeError past the end */
export interface ByteReader {
  readonly byte: () => number;
  readonly number: () => number;
  readonly hash: () => Hash;
  readonly hex: (bytes: number) => string;
  readonly text: () => string;
  readonly done: () => boolean;
}

export const createByteReader = (bytes: Buffer): ByteReader => {
  let at = 0;
  const take = (count: number): number => {
    if (at + count > bytes.length) throw new RangeError('a node ends too early');
    at += count;
    return at - count;
  };
  const byte = () => bytes.readUInt8(take(1));
  const number = () => {
    let value = 0;
    for (let weight = 1; ; weight *= 0x80) {
      const next = byte();
      value += (next & 0x7f) * weight;
      if (next < 0x80) return value;
    }
  };
  const hex = (count: number) => {
    const from = take(count);
    return bytes.toString('hex', from, from + count);
  };
  return {
    byte,
    number,
    hex,
    hash: () => hex(32) as Hash,
    text: () => {
      const length = number();
      const from = take(length);
      return bytes.toString('utf8', from, from + length);
    },
    done: () => at === bytes.length,
  };
};
