import type { Codec } from './codec.ts';
import { asObject, isList, parseJson, type JsonObject } from './json-body.ts';
import type { Outcome } from './outcomes.ts';
import { badRequest } from './reply.ts';
import { csvToRows, toRows, type Rows } from './rows.ts';
import type { ServedModel } from './served-model.ts';

/** The ways to write rows; a request has exactly one of them. */
const forms = ['dataframe_split', 'dataframe_records', 'instances', 'inputs'] as const;

/**
 * A request to `/invocations` as MLflow's scoring server takes it.
 * @param type media type without parameters
 * @throws Refusal 400
 */
export const parseInvocation = (body: Buffer, type: string, model: ServedModel, codec: Codec): Rows => {
  if (type === 'text/csv') return csvToRows(body.toString('utf8'), model, codec);
  const document = asObject(parseJson(body), 'The request');
  const given = forms.filter((form) => Object.hasOwn(document, form));
  const form = given[0];
  if (form === undefined || given.length > 1) {
    throw badRequest(`The request must have exactly one of ${forms.join(', ')}.`);
  }
  return toRows(rowList(form, document[form], model), model, codec);
};

const rowList = (form: (typeof forms)[number], value: unknown, model: ServedModel): unknown => {
  if (form === 'dataframe_split') return splitRows(asObject(value, '“dataframe_split”'));
  if (form === 'inputs' && !isList(value)) return namedInputs(asObject(value, '“inputs”'), model);
  return value;
};

const splitRows = (split: JsonObject): unknown => {
  const { columns, data } = split;
  if (!isList(columns) || !columns.every((name) => typeof name === 'string')) {
    throw badRequest('“columns” must be a list of names.');
  }
  if (!isList(data)) throw badRequest('“data” must be a list of rows.');
  return data.map((row, at) => {
    if (!isList(row) || row.length !== columns.length) {
      throw badRequest(`Row ${at} of “data” must be a list of ${columns.length} values, one a column.`);
    }
    return Object.fromEntries(columns.map((name, column) => [name, row[column]]));
  });
};

/** `inputs` by name: the model's own input, or one list of values a column. */
const namedInputs = (inputs: JsonObject, model: ServedModel): unknown => {
  const [only, ...others] = model.inputs;
  if (only !== undefined && others.length === 0 && model.served.features.columns.length === 0) {
    if (Object.hasOwn(inputs, only.name)) return inputs[only.name];
  }
  const columns = Object.entries(inputs);
  const rows = columns.map(([, values]) => (isList(values) ? values.length : 0));
  const count = rows[0] ?? 0;
  if (count === 0 || rows.some((length) => length !== count)) {
    throw badRequest('“inputs” by column must hold one list a column, all of the same length.');
  }
  return Array.from({ length: count }, (_, row) =>
    Object.fromEntries(columns.map(([name, values]) => [name, (values as readonly unknown[])[row]])),
  );
};

/** One entry a row, whatever the form of the request: the class name, or the number. */
export const invocationAnswer = (outcomes: readonly Outcome[], model: ServedModel): unknown => {
  const { classes } = model.served.features;
  return {
    predictions: outcomes.map(({ predicted, confidence }) => (confidence === null ? predicted : classes[predicted])),
  };
};
