import { rawCell, rawColumnsOf, type RawCell, type RawColumn } from '../datasets/raw-columns.ts';
import { Fault } from '../faults.ts';
import { datatypes } from './datatypes.ts';
import { describe } from './flatten.ts';
import { asObject, isList, type JsonObject } from './json-body.ts';
import { binarySize } from './binary-size.ts';
import { badRequest } from './reply.ts';
import type { ServedModel } from './served-model.ts';

export interface Columns {
  /** A row behind the other, its cells in the order of the model's inputs. */
  readonly input: readonly RawCell[];
  readonly rows: number;
}

/**
 * The inputs of a request for a table, one a column: `[N, 1]` or `[N]`, numbers of any datatype, or texts as BYTES.
 * In JSON a missing value is `null`; in binary form it is NaN, or an empty text.
 * @throws Refusal 400 that names the input
 */
export const parseColumns = (document: JsonObject, binary: Buffer, model: ServedModel): Columns => {
  const given = document['inputs'];
  if (!isList(given)) throw badRequest('“inputs” must be a list.');
  const raw = rawColumnsOf(model.served.features.columns);
  const byName = new Map(model.inputs.map(({ name }, at) => [name, raw[at]]));
  const values = new Map<string, readonly RawCell[]>();
  let from = 0;
  for (const entry of given) {
    const input = asObject(entry, 'An input');
    const name = String(input['name']);
    const column = byName.get(name);
    if (column === undefined || values.has(name)) {
      throw badRequest(
        `The input ${describe(input['name'])} is ${column === undefined ? 'unknown' : 'there twice'}; this model takes ${namesOf(model)}.`,
      );
    }
    const size = binarySize(input);
    const bytes = size === undefined ? null : binary.subarray(from, (from += size));
    values.set(name, cellsOf(input, bytes, column));
  }
  if (from !== binary.length)
    throw badRequest(`The inputs announce ${from} binary bytes, ${binary.length} follow the JSON.`);
  return inRows(values, model);
};

const namesOf = ({ inputs }: ServedModel): string => inputs.map(({ name }) => `“${name}”`).join(', ');

const inRows = (values: ReadonlyMap<string, readonly RawCell[]>, model: ServedModel): Columns => {
  const columns = model.inputs.map(({ name }) => {
    const cells = values.get(name);
    if (cells === undefined) throw badRequest(`The input “${name}” is missing; this model takes ${namesOf(model)}.`);
    return cells;
  });
  const rows = columns[0]?.length ?? 0;
  if (rows === 0 || columns.some(({ length }) => length !== rows)) {
    throw badRequest('The inputs must all have the same number of rows, at least one.');
  }
  return { rows, input: Array.from({ length: rows }, (_, row) => columns.map((cells) => cells[row] ?? '')).flat() };
};

const cellsOf = (input: JsonObject, bytes: Buffer | null, column: RawColumn): readonly RawCell[] => {
  const rows = rowsOf(input, column);
  const given = bytes === null ? input['data'] : fromBytes(bytes, rows, input['datatype']);
  // One value a row may come as `[[1], [2]]` too.
  const cells: unknown = isList(given) ? given.flat() : given;
  if (!isList(cells) || cells.length !== rows) {
    throw badRequest(`The input “${column.column}” must hold ${rows} values, one a row.`);
  }
  return cells.map((cell, row) => {
    try {
      return rawCell(cell, column);
    } catch (error) {
      if (error instanceof Fault) throw badRequest(`Row ${row}: ${error.message.slice(0, 300)}`);
      throw error;
    }
  });
};

const rowsOf = (input: JsonObject, { column }: RawColumn): number => {
  const { shape } = input;
  const fits = isList(shape) && (shape.length === 1 || (shape.length === 2 && shape[1] === 1));
  const rows: unknown = fits ? shape[0] : undefined;
  if (typeof rows === 'number' && Number.isSafeInteger(rows) && rows >= 0) return rows;
  throw badRequest(`The input “${column}” has the shape ${describe(shape)}; expected [N, 1].`);
};

const fromBytes = (bytes: Buffer, rows: number, datatype: unknown): readonly unknown[] => {
  if (datatype === 'BYTES') return textsOf(bytes);
  const name = typeof datatype === 'string' ? datatype : '';
  const known = Object.hasOwn(datatypes, name) ? datatypes[name] : undefined;
  if (known === undefined) {
    throw badRequest(`The datatype ${describe(datatype)} is not one of BYTES, ${Object.keys(datatypes).join(', ')}.`);
  }
  if (bytes.length !== rows * known.bytes) {
    throw badRequest(`${rows} numbers of ${name} take ${rows * known.bytes} bytes; ${bytes.length} were sent.`);
  }
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  return Array.from({ length: rows }, (_, row) => known.read(view, row * known.bytes));
};

/** Each text behind its length in four bytes. */
const textsOf = (bytes: Buffer): readonly string[] => {
  const texts: string[] = [];
  for (let at = 0; at < bytes.length;) {
    const end = bytes.length - at < 4 ? Infinity : at + 4 + bytes.readUInt32LE(at);
    if (end > bytes.length) throw badRequest('A text of BYTES is longer than the bytes that follow.');
    texts.push(bytes.toString('utf8', at + 4, end));
    at = end;
  }
  return texts;
};
