import { checkGraph } from './check-graph.ts';
import { typeOf } from './element-types.ts';
import { GraphError } from './graph-error.ts';
import type { Attribute, Graph, Model, Node, ValueInfo } from './model.ts';
import { runtimeDomain } from './model.ts';
import type { Field } from './protobuf.ts';
import { bytesOf, floatsOf, readFields, signedOf, textOf } from './protobuf.ts';
import type { ReadExternal } from './read-tensor.ts';
import { every, numberAt, readTensor, single, textAt } from './read-tensor.ts';

const knownDomains: ReadonlySet<string> = new Set(['', 'ai.onnx', 'ai.onnx.ml']);
/** The only operator of ONNX Runtime's own that models here may have; no standard operator hashes text. */
const isHash = (domain: string, op: string): boolean => domain === runtimeDomain && op === 'MurmurHash3';
/** Subgraphs inside subgraphs; real models have two or three. */
const deepest = 16;

/**
 * The model in the bytes of an `.onnx` file.
 *
 * Refused, each with a GraphError: bytes that are no ONNX model, data in other files, operators of unknown domains,
 * model-local functions, sparse tensors, and tensors whose bytes do not fit their dimensions.
 * Format: onnx.proto of github.com/onnx/onnx.
 *
 * @param external brings the data that initializers keep in other files; without it such a model is refused
 */
export const readModel = (bytes: Uint8Array, external?: ReadExternal): Model => {
  const fields = readFields(bytes);
  const irVersion = numberAt(fields, 1);
  const graphField = single(fields, 7);
  if (irVersion === undefined || graphField === undefined)
    throw new GraphError('This is not an ONNX model: it has no graph.');
  for (const [number, reason] of refused) if (every(fields, number).length > 0) throw new GraphError(reason);
  const opsets = readOpsets(every(fields, 8));
  const opset = opsets.get('');
  const mlOpset = opsets.get('ai.onnx.ml');
  if (opset === undefined && mlOpset === undefined)
    throw new GraphError('This is not an ONNX model: it names no operator set.');
  const graph = readGraph(bytesOf(graphField), 0, external);
  checkGraph(graph);
  return {
    irVersion,
    opset: opset ?? 1,
    ...(mlOpset === undefined ? {} : { mlOpset }),
    producer: textAt(fields, 2),
    graph,
    metadata: readMetadata(every(fields, 14)),
  };
};

/** Parts of a file that could carry tensors and operators past the checks. */
const refused: readonly (readonly [number, string])[] = [
  [20, 'The model carries training graphs, which are not supported.'],
  [25, 'The model defines operators of its own, which is not allowed.'],
];

const readOpsets = (fields: readonly Field[]): ReadonlyMap<string, number> =>
  new Map(
    fields.map((field): [string, number] => {
      const opset = readFields(bytesOf(field));
      const domain = textAt(opset, 1);
      return [domain === 'ai.onnx' ? '' : domain, numberAt(opset, 2) ?? 0];
    }),
  );

const readMetadata = (fields: readonly Field[]): Readonly<Record<string, string>> =>
  Object.fromEntries(
    fields.map((field): [string, string] => {
      const entry = readFields(bytesOf(field));
      return [textAt(entry, 1), textAt(entry, 2)];
    }),
  );

const readGraph = (bytes: Uint8Array, depth: number, external?: ReadExternal): Graph => {
  if (depth > deepest) throw new GraphError('The model nests graphs too deeply.');
  const fields = readFields(bytes);
  if (every(fields, 15).length > 0) throw new GraphError('The model has sparse tensors, which are not supported.');
  const initializers = every(fields, 5).map((field) => readTensor(bytesOf(field), external));
  const initialized = new Set(initializers.map(({ name }) => name));
  return {
    name: textAt(fields, 2),
    nodes: every(fields, 1).map((field) => readNode(bytesOf(field), depth)),
    inputs: every(fields, 11)
      .map((field) => readValueInfo(bytesOf(field)))
      .filter(({ name }) => !initialized.has(name)),
    outputs: every(fields, 12).map((field) => readValueInfo(bytesOf(field))),
    initializers,
  };
};

const readNode = (bytes: Uint8Array, depth: number): Node => {
  const fields = readFields(bytes);
  const name = textAt(fields, 3);
  const op = textAt(fields, 4);
  const domain = textAt(fields, 7);
  if (!knownDomains.has(domain) && !isHash(domain, op))
    throw new GraphError(`The operator ${op} is of the domain “${domain}”, which is not known here.`, name);
  const attributes = every(fields, 5).map((field) => readAttribute(bytesOf(field), depth, name));
  if (new Set(attributes.map(([key]) => key)).size !== attributes.length)
    throw new GraphError(`The operator ${op} gives an attribute twice.`, name);
  return {
    name,
    op,
    domain: domain === 'ai.onnx' ? '' : domain,
    inputs: every(fields, 1).map(textOf),
    outputs: every(fields, 2).map(textOf),
    attributes: Object.fromEntries(attributes),
  };
};

/** By the number of `AttributeProto.type`: the field that holds the value, and how it is read. */
const attributeReaders: Readonly<
  Record<number, { field: number; read: (fields: readonly Field[], depth: number) => Attribute }>
> = {
  1: { field: 2, read: (fields) => ({ kind: 'float', value: fields.flatMap(floatsOf)[0] ?? 0 }) },
  2: { field: 3, read: (fields) => ({ kind: 'int', value: Number(fields.flatMap(signedOf)[0] ?? 0n) }) },
  3: { field: 4, read: (fields) => ({ kind: 'string', value: fields.map(textOf)[0] ?? '' }) },
  4: { field: 5, read: (fields) => ({ kind: 'tensor', value: readTensor(embedded(fields)) }) },
  5: { field: 6, read: (fields, depth) => ({ kind: 'graph', value: readGraph(embedded(fields), depth + 1) }) },
  6: { field: 7, read: (fields) => ({ kind: 'floats', value: fields.flatMap(floatsOf) }) },
  7: { field: 8, read: (fields) => ({ kind: 'ints', value: fields.flatMap(signedOf).map(Number) }) },
  8: { field: 9, read: (fields) => ({ kind: 'strings', value: fields.map(textOf) }) },
};

const embedded = (fields: readonly Field[]): Uint8Array => {
  const [field, ...more] = fields;
  if (field === undefined || more.length > 0) throw new GraphError('This model gives an attribute without one value.');
  return bytesOf(field);
};

/** Values that can hold tensors: tensor, graph, lists of them, sparse tensors. */
const holdsTensors: ReadonlySet<number> = new Set([5, 6, 10, 11, 22, 23]);

const readAttribute = (bytes: Uint8Array, depth: number, node: string): [string, Attribute] => {
  const fields = readFields(bytes);
  const name = textAt(fields, 1);
  const reader = attributeReaders[numberAt(fields, 20) ?? 0];
  // A tensor behind another type's back would escape the checks.
  if (reader === undefined || fields.some(({ number }) => holdsTensors.has(number) && number !== reader.field))
    throw new GraphError(`The attribute “${name}” has a type that is not supported.`, node);
  return [name, reader.read(every(fields, reader.field), depth)];
};

const readValueInfo = (bytes: Uint8Array): ValueInfo => {
  const fields = readFields(bytes);
  const name = textAt(fields, 1);
  const typeField = single(fields, 2);
  const tensorField = typeField === undefined ? undefined : single(readFields(bytesOf(typeField)), 1);
  if (tensorField === undefined) return { name, type: 'other', shape: [], unranked: true };
  const tensor = readFields(bytesOf(tensorField));
  const type = typeOf(numberAt(tensor, 1) ?? 0) ?? 'other';
  const shapeField = single(tensor, 2);
  if (shapeField === undefined) return { name, type, shape: [], unranked: true };
  const dims = every(readFields(bytesOf(shapeField)), 1).map((field) => readDim(bytesOf(field)));
  return { name, type, shape: dims };
};

const readDim = (bytes: Uint8Array): number | string => {
  const fields = readFields(bytes);
  const value = numberAt(fields, 1);
  if (value !== undefined && !Number.isSafeInteger(value))
    throw new GraphError('The model has an impossible dimension.');
  return value ?? textAt(fields, 2);
};
