import { datatypes, toFloats, type Datatype } from './datatypes.ts';
import { describe, flatten } from './flatten.ts';
import type { Port } from './inference-messages.ts';
import { asObject, isList, parseJson, type JsonObject } from './json-body.ts';
import { parseColumns } from './open-inference-columns.ts';
import { binarySize } from './binary-size.ts';
import { badRequest, Refusal } from './reply.ts';
import { shapeInWords } from './row-shape.ts';
import type { RowValues } from './row-values.ts';
import type { ServedModel } from './served-model.ts';

/** Most rows of one request, so that one caller cannot keep the model from all others. */
export const MAX_ROWS = 4096;

/** The datatype of a raw request: that of the input. */
const FP32: Datatype = { bytes: 4, read: (view, at) => view.getFloat32(at, true) };

export interface WantedOutput {
  readonly name: string;
  readonly binary: boolean;
  /** Ask for the so many best classes as text; 0 for the numbers themselves. */
  readonly classes: number;
}

export interface InferRequest {
  readonly id: string | undefined;
  readonly input: RowValues;
  readonly rows: number;
  readonly wanted: readonly WantedOutput[];
}

/**
 * An inference request of the Open Inference Protocol (V2), with the binary tensor extension.
 * Numbers of any datatype become the float32 that the model takes.
 * @param jsonBytes value of `Inference-Header-Content-Length`, undefined without it
 * @throws Refusal 400 with a sentence for each way to be wrong
 */
export const parseInferRequest = (body: Buffer, jsonBytes: string | undefined, model: ServedModel): InferRequest => {
  if (jsonBytes === '0') return rawRequest(body, model);
  const { json, binary } = separate(body, jsonBytes);
  const document = asObject(parseJson(json), 'The request');
  const { input, rows } =
    model.served.features.columns.length > 0
      ? parseColumns(document, binary, model)
      : parseTensor(document, binary, model);
  return { id: idOf(document), rows: refuseTooMany(rows), input, wanted: wantedOutputs(document, model) };
};

const parseTensor = (document: JsonObject, binary: Buffer, model: ServedModel) => {
  const [port] = model.inputs;
  if (port === undefined) throw new RangeError('A model that is served has an input.');
  const input = oneInput(document, port);
  const rows = rowsOf(input, port, model);
  return { rows, input: numbersOf(input, rows * model.rowLength, binary) };
};

/** Header value 0: the whole body is the single input, and every output comes back in binary form. */
const rawRequest = (body: Buffer, model: ServedModel): InferRequest => {
  if (model.served.features.columns.length > 0) {
    throw badRequest('A raw request holds one tensor of numbers, and this model takes an input for each column.');
  }
  const rowBytes = model.rowLength * 4;
  if (body.length === 0 || body.length % rowBytes !== 0) {
    throw badRequest(`A raw request holds whole rows of ${rowBytes} bytes; this one has ${body.length} bytes.`);
  }
  const rows = refuseTooMany(body.length / rowBytes);
  const wanted = model.outputs.map(({ name }) => ({ name, binary: true, classes: 0 }));
  return {
    id: undefined,
    rows,
    input: toFloats(body, FP32),
    wanted,
  };
};

const separate = (body: Buffer, jsonBytes: string | undefined): { json: Buffer; binary: Buffer } => {
  if (jsonBytes === undefined) return { json: body, binary: Buffer.alloc(0) };
  const length = Number(jsonBytes);
  if (!/^\d{1,10}$/.test(jsonBytes) || length > body.length) {
    throw badRequest(`Inference-Header-Content-Length is ${describe(jsonBytes)}; the body has ${body.length} bytes.`);
  }
  return { json: body.subarray(0, length), binary: body.subarray(length) };
};

const idOf = (document: JsonObject): string | undefined => {
  const id = document['id'];
  if (id === undefined || id === '') return undefined;
  if (typeof id !== 'string' || id.length > 200) throw badRequest('“id” must be a text of at most 200 characters.');
  return id;
};

const oneInput = (document: JsonObject, { name }: Port): JsonObject => {
  const inputs = document['inputs'];
  if (!isList(inputs) || inputs.length !== 1) {
    throw badRequest(`“inputs” must be a list with the one input “${name}”.`);
  }
  const input = asObject(inputs[0], 'An input');
  if (input['name'] !== name) {
    throw badRequest(`The input ${describe(input['name'])} is unknown; this model takes “${name}”.`);
  }
  return input;
};

const rowsOf = (input: JsonObject, port: Port, model: ServedModel): number => {
  const shape = input['shape'];
  const expected = shapeInWords(port.shape);
  if (!isList(shape) || !shape.every((size): size is number => Number.isSafeInteger(size) && Number(size) >= 0)) {
    throw badRequest(`“shape” must be a list of whole numbers, here ${expected}.`);
  }
  const fits =
    shape.length === model.rowShape.length + 1 && model.rowShape.every((size, axis) => size === shape[axis + 1]);
  if (!fits) {
    throw badRequest(`The input “${port.name}” has the shape ${shapeInWords(shape)}; expected ${expected}.`);
  }
  return refuseTooMany(shape[0] ?? 0);
};

export const refuseTooMany = (rows: number): number => {
  if (rows > MAX_ROWS) throw new Refusal(413, `The request holds ${rows} rows; send at most ${MAX_ROWS} at once.`);
  return rows;
};

const numbersOf = (input: JsonObject, count: number, binary: Buffer): Float32Array => {
  const name = typeof input['datatype'] === 'string' ? input['datatype'] : '';
  const datatype = Object.hasOwn(datatypes, name) ? datatypes[name] : undefined;
  if (datatype === undefined) {
    throw badRequest(
      `The datatype ${describe(input['datatype'])} is not one of numbers: ${Object.keys(datatypes).join(', ')}.`,
    );
  }
  const size = binarySize(input);
  if (size !== undefined) return fromBytes(input, name, datatype, size, count, binary);
  if (binary.length > 0) throw badRequest(`${binary.length} bytes follow the JSON, and no input announces them.`);
  if (name === 'FP16' || name === 'BF16') throw badRequest(`${name} has no JSON form; send it in binary form.`);
  return flatten(input['data'], count, '“data”');
};

const fromBytes = (
  input: JsonObject,
  name: string,
  datatype: Datatype,
  size: number,
  count: number,
  binary: Buffer,
): Float32Array => {
  if (input['data'] !== undefined) throw badRequest('An input has either “data” or “binary_data_size”, not both.');
  if (size !== binary.length) {
    throw badRequest(`“binary_data_size” is ${size}, and ${binary.length} bytes follow the JSON.`);
  }
  if (size !== count * datatype.bytes) {
    throw badRequest(`${count} numbers of ${name} take ${count * datatype.bytes} bytes; ${size} were sent.`);
  }
  return toFloats(binary, datatype);
};

const wantedOutputs = (document: JsonObject, model: ServedModel): readonly WantedOutput[] => {
  const parameters = document['parameters'] === undefined ? {} : asObject(document['parameters'], '“parameters”');
  const binary = parameters['binary_data_output'] === true;
  const outputs = document['outputs'];
  if (outputs === undefined || (isList(outputs) && outputs.length === 0)) {
    return model.outputs.map(({ name }) => ({ name, binary, classes: 0 }));
  }
  if (!isList(outputs)) throw badRequest('“outputs” must be a list.');
  return outputs.map((entry) => wantedOutput(asObject(entry, 'An output'), binary, model));
};

const wantedOutput = (entry: JsonObject, binary: boolean, model: ServedModel): WantedOutput => {
  const output = model.outputs.find(({ name }) => name === entry['name']);
  if (output === undefined) {
    const known = model.outputs.map(({ name }) => `“${name}”`).join(', ');
    throw badRequest(`The output ${describe(entry['name'])} is unknown; this model gives ${known}.`);
  }
  const parameters = entry['parameters'] === undefined ? {} : asObject(entry['parameters'], '“parameters”');
  const own = parameters['binary_data'];
  const classes = parameters['classification'] ?? 0;
  if (!Number.isSafeInteger(classes) || Number(classes) < 0) {
    throw badRequest('“classification” must be the number of classes wanted.');
  }
  return { name: output.name, binary: typeof own === 'boolean' ? own : binary, classes: Number(classes) };
};
