import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { GraphError } from '../../../sidecar/graph/graph-error.ts';
import { readSafeTensors, writeSafeTensors, type ByteSource } from '../../../sidecar/graph/safetensors.ts';

const sourceOf = (bytes: Uint8Array): ByteSource => ({
  size: bytes.length,
  read: (offset, length) => bytes.slice(offset, offset + length),
});
const fileOf = (tensors: Parameters<typeof writeSafeTensors>[0], notes: Record<string, string> = {}): Uint8Array =>
  Buffer.concat(writeSafeTensors(tensors, notes));

/** A file with a header of one's own. */
const withHeader = (header: unknown, data: Uint8Array): Uint8Array => {
  const json = Buffer.from(typeof header === 'string' ? header : JSON.stringify(header));
  const length = Buffer.alloc(8);
  length.writeBigUInt64LE(BigInt(json.length));
  return Buffer.concat([length, json, data]);
};

const tensors = fc.uniqueArray(
  fc.record({
    name: fc.string({ minLength: 1, maxLength: 12 }).filter((name) => name !== '__metadata__' && name !== '__proto__'),
    dims: fc.array(fc.integer({ min: 0, max: 4 }), { maxLength: 3 }),
    wide: fc.boolean(),
  }),
  { selector: ({ name }) => name, maxLength: 6 },
);

test('what is written is read again, whatever the names, shapes and types', () => {
  fc.assert(
    fc.property(tensors, fc.dictionary(fc.string({ maxLength: 5 }), fc.string()), (shapes, notes) => {
      const written = shapes.map(({ name, dims, wide }) => {
        const size = dims.reduce((product, dim) => product * dim, 1);
        const values = Array.from({ length: size }, (_, index) => Math.fround(Math.sin(index + dims.length)));
        return { name, dims, data: wide ? Float64Array.from(values) : Float32Array.from(values) };
      });
      const read = readSafeTensors(sourceOf(fileOf(written, notes)));
      expect([...read.tensors.keys()].toSorted()).toEqual(written.map(({ name }) => name).toSorted());
      for (const { name, dims, data } of written) {
        const tensor = read.tensors.get(name)!;
        expect(tensor.dims).toEqual(dims);
        expect(Array.from(tensor.floats())).toEqual(Array.from(data));
      }
    }),
  );
});

test('half and brain floats become what IEEE 754 says', () => {
  const half = Uint16Array.of(0x3c00, 0xc000, 0x0001, 0x7bff, 0x7c00, 0x8000);
  const brain = Uint16Array.of(0x3f80, 0xc000, 0x7f80);
  const header = {
    brain: { dtype: 'BF16', shape: [3], data_offsets: [12, 18] },
    half: { dtype: 'F16', shape: [6], data_offsets: [0, 12] },
  };
  const data = Buffer.concat([new Uint8Array(half.buffer), new Uint8Array(brain.buffer)]);
  const read = readSafeTensors(sourceOf(withHeader(header, data)));
  expect(Array.from(read.tensors.get('half')!.floats())).toEqual([1, -2, 2 ** -24, 65504, Infinity, -0]);
  expect(Array.from(read.tensors.get('brain')!.floats())).toEqual([1, -2, Infinity]);
});

test('whole numbers of rank 0, as PyTorch counts batches with, are passed over', () => {
  const header = {
    __metadata__: { format: 'pt' },
    'bn1.num_batches_tracked': { dtype: 'I64', shape: [], data_offsets: [0, 8] },
  };
  const { tensors: read, metadata } = readSafeTensors(sourceOf(withHeader(header, new Uint8Array(8))));
  expect(metadata).toEqual({ format: 'pt' });
  expect(read.get('bn1.num_batches_tracked')!.dims).toEqual([]);
  expect(() => read.get('bn1.num_batches_tracked')!.floats()).toThrow('I64 numbers and not weights');
});

describe('a file is refused', () => {
  const tensor = (change: object) => ({ a: { dtype: 'F32', shape: [2], data_offsets: [0, 8], ...change } });
  const eight = new Uint8Array(8);

  test.each([
    ['that is too short', new Uint8Array(7), 'too short'],
    ['whose header is longer than the file', withHeader('{}', eight).fill(255, 0, 4), 'header says'],
    ['whose header is not JSON', withHeader('{a}', eight), 'not JSON'],
    ['whose header is a list', withHeader([], eight), 'not an object'],
    ['with a type that is not known', withHeader(tensor({ dtype: 'Q4' }), eight), 'Q4'],
    ['whose shape and bytes differ', withHeader(tensor({ shape: [3] }), eight), 'wants others'],
    ['with a negative place', withHeader(tensor({ data_offsets: [-8, 0] }), eight), 'no proper'],
    ['with more bytes than tensors', withHeader(tensor({}), new Uint8Array(12)), 'the file holds 12'],
    ['that is cut short', withHeader(tensor({}), new Uint8Array(4)), 'the file holds 4'],
    [
      'whose tensors overlap',
      withHeader({ ...tensor({}), b: tensor({ data_offsets: [4, 12] }).a }, eight),
      'does not begin',
    ],
  ])('%s', (_, bytes, why) => {
    expect(() => readSafeTensors(sourceOf(bytes))).toThrow(why);
  });

  test('or read, wherever a byte is damaged, and never crashes', () => {
    const whole = fileOf([{ name: 'a', dims: [2, 2], data: Float32Array.of(1, 2, 3, 4) }]);
    fc.assert(
      fc.property(fc.nat(whole.length - 1), fc.nat(255), (at, value) => {
        const damaged = Uint8Array.from(whole);
        damaged[at] = value;
        try {
          for (const tensor of readSafeTensors(sourceOf(damaged)).tensors.values()) tensor.floats();
        } catch (error) {
          expect(error).toBeInstanceOf(GraphError);
        }
      }),
      { numRuns: 500 },
    );
  });
});
