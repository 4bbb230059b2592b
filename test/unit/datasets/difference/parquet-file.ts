/** Columns of 64-bit integers and of texts. */
export interface ParquetTable {
  readonly header: readonly string[];
  /** Rows of each row group; a column holds numbers or texts. */
  readonly groups: readonly (readonly (readonly (number | string)[])[])[];
}

/** Writes Parquet as plainly as it can be: a page a column and group, uncompressed, with the range of numbers. */
export const writeParquet = ({ header, groups }: ParquetTable): Buffer => {
  const isNumber = header.map((_, column) => typeof groups.flat()[0]?.[column] === 'number');
  const parts: Buffer[] = [Buffer.from('PAR1')];
  let at = 4;
  const add = (...bytes: readonly Buffer[]): void => {
    parts.push(...bytes);
    at += bytes.reduce((sum, { length }) => sum + length, 0);
  };
  const rowGroups = groups.map((rows) => {
    const columns = header.map((name, column) => {
      const start = at;
      const values = rows.map((row) => row[column] ?? 0);
      add(...pageOf(values));
      const size = at - start;
      return struct([
        [2, i64(start)],
        [3, columnOf({ name, values, isNumber: isNumber[column] === true, start, size })],
      ]);
    });
    return struct([
      [1, list(STRUCT, columns)],
      [2, i64(1)],
      [3, i64(rows.length)],
    ]);
  });
  const footer = struct([
    [1, i32(1)],
    [2, list(STRUCT, [rootOf(header.length), ...header.map((name, at_) => elementOf(name, isNumber[at_] === true))])],
    [3, i64(groups.flat().length)],
    [4, list(STRUCT, rowGroups)],
  ]).bytes;
  const length = Buffer.alloc(4);
  length.writeUInt32LE(footer.length);
  add(footer, length, Buffer.from('PAR1'));
  return Buffer.concat(parts);
};

const pageOf = (values: readonly (number | string)[]): [Buffer, Buffer] => {
  const data = Buffer.concat(values.map((value) => (typeof value === 'number' ? bytesOf(value) : textOf(value))));
  const header = struct([
    [1, i32(0)],
    [2, i32(data.length)],
    [3, i32(data.length)],
    [
      5,
      struct([
        [1, i32(values.length)],
        [2, i32(0)],
        [3, i32(3)],
        [4, i32(3)],
      ]),
    ],
  ]);
  return [header.bytes, data];
};

const bytesOf = (value: number): Buffer => {
  const bytes = Buffer.alloc(8);
  bytes.writeBigInt64LE(BigInt(value));
  return bytes;
};

const textOf = (text: string): Buffer => {
  const bytes = Buffer.from(text);
  const length = Buffer.alloc(4);
  length.writeUInt32LE(bytes.length);
  return Buffer.concat([length, bytes]);
};

interface Column {
  readonly name: string;
  readonly values: readonly (number | string)[];
  readonly isNumber: boolean;
  readonly start: number;
  readonly size: number;
}

const columnOf = ({ name, values, isNumber, start, size }: Column): Thrift => {
  const numbers = values.map(Number);
  const statistics: [number, Thrift][] = isNumber
    ? [
        [
          12,
          struct([
            [5, binary(bytesOf(Math.max(...numbers)))],
            [6, binary(bytesOf(Math.min(...numbers)))],
          ]),
        ],
      ]
    : [];
  return struct([
    [1, i32(isNumber ? 2 : 6)],
    [2, list(I32, [i32(0)])],
    [3, list(BINARY, [binary(Buffer.from(name))])],
    [4, i32(0)],
    [5, i64(values.length)],
    [6, i64(size)],
    [7, i64(size)],
    [9, i64(start)],
    ...statistics,
  ]);
};

const rootOf = (children: number): Thrift =>
  struct([
    [4, binary(Buffer.from('schema'))],
    [5, i32(children)],
  ]);

const elementOf = (name: string, isNumber: boolean): Thrift =>
  struct([
    [1, i32(isNumber ? 2 : 6)],
    [3, i32(0)],
    [4, binary(Buffer.from(name))],
    ...(isNumber ? [] : [[6, i32(0)] as [number, Thrift]]),
  ]);

/** A value in the compact protocol of Thrift, in which headers of Parquet are written. */
interface Thrift {
  readonly type: number;
  readonly bytes: Buffer;
}

const [I32, I64, BINARY, LIST, STRUCT] = [5, 6, 8, 9, 12];

const varint = (value: number): Buffer => {
  const bytes: number[] = [];
  let rest = value;
  for (; rest >= 0x80; rest = Math.floor(rest / 0x80)) bytes.push((rest % 0x80) + 0x80);
  return Buffer.from([...bytes, rest]);
};

const integer = (type: number, value: number): Thrift => ({
  type,
  bytes: varint(value < 0 ? -2 * value - 1 : 2 * value),
});
const i32 = (value: number): Thrift => integer(I32, value);
const i64 = (value: number): Thrift => integer(I64, value);
const binary = (bytes: Buffer): Thrift => ({ type: BINARY, bytes: Buffer.concat([varint(bytes.length), bytes]) });

const list = (type: number, items: readonly Thrift[]): Thrift => ({
  type: LIST,
  bytes: Buffer.concat([Buffer.from([0xf0 + type]), varint(items.length), ...items.map(({ bytes }) => bytes)]),
});

/** @param fields by ascending number */
const struct = (fields: readonly (readonly [number, Thrift])[]): Thrift => {
  let before = 0;
  const written = fields.flatMap(([number, { type, bytes }]) => {
    const head = Buffer.from([(number - before) * 16 + type]);
    before = number;
    return [head, bytes];
  });
  return { type: STRUCT, bytes: Buffer.concat([...written, Buffer.from([0])]) };
};
