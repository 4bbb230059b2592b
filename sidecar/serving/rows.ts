import { CsvError, parse } from 'csv-parse/sync';
import type { Features } from '../contract/features.ts';
import { rawColumnsOf } from '../datasets/raw-columns.ts';
import { Fault } from '../faults.ts';
import type { Codec } from './codec.ts';
import { describe, flatten } from './flatten.ts';
import { isList } from './json-body.ts';
import { refuseTooMany } from './open-inference-request.ts';
import { badRequest } from './reply.ts';
import type { RowValues } from './row-values.ts';
import { joinValues } from './row-values.ts';
import type { ServedModel } from './served-model.ts';

/** Rows as the model takes them. */
export interface Rows {
  readonly input: RowValues;
  readonly rows: number;
}

/** A reason may quote a value of the request, and that may be long. */
const LONGEST_REASON = 300;

type Cells = Readonly<Record<string, unknown>>;

/**
 * Rows as people write them: a record of columns each, a list of columns each, or a list of the numbers themselves.
 * A column that is left out is refused, since a misspelt name must not pass for a missing value; `null` is one.
 * @throws Refusal 400 that names the row and what is expected there
 */
export const toRows = (list: unknown, model: ServedModel, codec: Codec): Rows => {
  if (!isList(list) || list.length === 0) throw badRequest('Rows must be a list that is not empty.');
  const rows = refuseTooMany(list.length);
  const each = list.map((cells, row) => toRow(cells, `Row ${row}`, model, codec));
  return { input: joinValues(each, rows * model.rowLength), rows };
};

const toRow = (cells: unknown, what: string, model: ServedModel, codec: Codec): RowValues => {
  const { features } = model.served;
  if (isList(cells)) {
    return features.columns.length > 0
      ? rawValues(byColumn(cells, what, features), what, features, codec)
      : flatten(cells, model.rowLength, what);
  }
  if (typeof cells !== 'object' || cells === null) {
    throw badRequest(`${what} is ${describe(cells)}; it must be ${expectation(features, model.rowLength)}.`);
  }
  if (features.columns.length === 0) {
    throw badRequest(`${what} has columns, and this model takes ${expectation(features, model.rowLength)}.`);
  }
  return rawValues(cells as Cells, what, features, codec);
};

const expectation = (features: Features, numbers: number): string =>
  features.columns.length === 0
    ? `a list of ${numbers} numbers`
    : `an object with the columns ${columnNames(features)
        .map((name) => `“${name}”`)
        .join(', ')}`;

const columnNames = ({ columns }: Features): readonly string[] => rawColumnsOf(columns).map(({ column }) => column);

const byColumn = (cells: readonly unknown[], what: string, features: Features): Cells => {
  const names = columnNames(features);
  if (cells.length === names.length) return Object.fromEntries(names.map((name, at) => [name, cells[at]]));
  throw badRequest(
    `${what} holds ${cells.length} values; it must hold ${names.length}, or be ${expectation(features, 0)}.`,
  );
};

const rawValues = (cells: Cells, what: string, features: Features, codec: Codec): RowValues => {
  const missing = columnNames(features).filter((name) => !Object.hasOwn(cells, name));
  if (missing.length > 0) {
    throw badRequest(
      `${what} lacks ${missing.map((name) => `“${name}”`).join(', ')}; it must be ${expectation(features, 0)}. ` +
        'Write null for a value that is not known.',
    );
  }
  try {
    return codec.rawRow(cells, features);
  } catch (error) {
    // The column transforms refuse values in words of their own; to the caller that is a bad request.
    if (error instanceof Fault) throw badRequest(`${what}: ${error.message.slice(0, LONGEST_REASON)}`);
    throw error;
  }
};

/** CSV with a header line, as MLflow's clients send it. @throws Refusal 400 */
export const csvToRows = (text: string, model: ServedModel, codec: Codec): Rows => {
  const table = model.served.features.columns.length > 0;
  try {
    const records: unknown[] = table
      ? parse(text, { columns: true, bom: true, skip_empty_lines: true })
      : parse(text, { from_line: 2, bom: true, skip_empty_lines: true, cast: Number });
    return toRows(records, model, codec);
  } catch (error) {
    if (error instanceof CsvError) throw badRequest(`The body is not CSV: ${error.message}.`);
    throw error;
  }
};
