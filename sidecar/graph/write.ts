import { codeOf } from './element-types.ts';
import { GraphError } from './graph-error.ts';
import type { Attribute, Graph, Model, Node, Tensor, ValueInfo } from './model.ts';
import { blockedDomain, runtimeDomain } from './model.ts';
import type { MessageWriter } from './protobuf.ts';
import { createMessageWriter } from './protobuf.ts';

/**
 * The bytes of an `.onnx` file. The same model gives the same bytes: attributes and metadata are sorted by name.
 * Format: onnx.proto of github.com/onnx/onnx.
 */
export const writeModel = (model: Model): Uint8Array => {
  const writer = createMessageWriter();
  writer.int(1, model.irVersion);
  writer.text(2, model.producer);
  writer.message(7, (graph) => writeGraph(graph, model.graph));
  writeOpset(writer, '', model.opset);
  if (model.mlOpset !== undefined) writeOpset(writer, 'ai.onnx.ml', model.mlOpset);
  for (const own of [runtimeDomain, blockedDomain])
    if (model.graph.nodes.some(({ domain }) => domain === own)) writeOpset(writer, own, 1);
  for (const [key, value] of byName(model.metadata))
    writer.message(14, (entry) => {
      entry.text(1, key);
      entry.text(2, value);
    });
  return writer.finish();
};

const byName = <Value>(record: Readonly<Record<string, Value>>): readonly [string, Value][] =>
  Object.entries(record).sort(([a], [b]) => (a < b ? -1 : 1));

const writeOpset = (writer: MessageWriter, domain: string, version: number): void =>
  writer.message(8, (opset) => {
    opset.text(1, domain);
    opset.int(2, version);
  });

const writeGraph = (writer: MessageWriter, graph: Graph): void => {
  for (const node of graph.nodes) writer.message(1, (inner) => writeNode(inner, node));
  writer.text(2, graph.name);
  for (const tensor of graph.initializers) writer.message(5, (inner) => writeTensor(inner, tensor));
  for (const value of graph.inputs) writer.message(11, (inner) => writeValueInfo(inner, value));
  for (const value of graph.outputs) writer.message(12, (inner) => writeValueInfo(inner, value));
};

const writeNode = (writer: MessageWriter, node: Node): void => {
  for (const input of node.inputs) writer.text(1, input);
  for (const output of node.outputs) writer.text(2, output);
  writer.text(3, node.name);
  writer.text(4, node.op);
  for (const [name, attribute] of byName(node.attributes))
    writer.message(5, (inner) => {
      inner.text(1, name);
      writeAttribute(inner, attribute);
    });
  writer.text(7, node.domain);
};

const largest = 2n ** 63n - 1n;
/** The largest int64 has no exact double; on its way through one it becomes one more than fits. */
const toInt64 = (value: number): bigint => {
  const whole = BigInt(value);
  return whole > largest ? largest : whole;
};

/** By kind: the number of `AttributeProto.type`, and how the value is written. */
const attributeWriters: { readonly [Kind in Attribute['kind']]: AttributeWriter<Extract<Attribute, { kind: Kind }>> } =
  {
    float: { type: 1, write: (writer, value) => writer.float(2, value) },
    int: { type: 2, write: (writer, value) => writer.int(3, toInt64(value)) },
    string: { type: 3, write: (writer, value) => writer.text(4, value) },
    tensor: { type: 4, write: (writer, value) => writer.message(5, (inner) => writeTensor(inner, value)) },
    graph: { type: 5, write: (writer, value) => writer.message(6, (inner) => writeGraph(inner, value)) },
    floats: { type: 6, write: (writer, value) => value.forEach((item) => writer.float(7, item)) },
    ints: { type: 7, write: (writer, value) => value.forEach((item) => writer.int(8, toInt64(item))) },
    strings: { type: 8, write: (writer, value) => value.forEach((item) => writer.text(9, item)) },
  };

interface AttributeWriter<Kind extends Attribute> {
  readonly type: number;
  readonly write: (writer: MessageWriter, value: Kind['value']) => void;
}

const writeAttribute = (writer: MessageWriter, attribute: Attribute): void => {
  // The table pairs each kind with its own value; TypeScript cannot follow the pair through the look-up.
  const { type, write } = attributeWriters[attribute.kind] as AttributeWriter<Attribute>;
  write(writer, attribute.value);
  writer.int(20, type);
};

const writeTensor = (writer: MessageWriter, tensor: Tensor): void => {
  for (const dim of tensor.dims) writer.int(1, dim);
  writer.int(2, codeOf(tensor.type));
  const { data } = tensor;
  if (!ArrayBuffer.isView(data)) for (const text of data) writer.text(6, text);
  writer.text(8, tensor.name);
  if (ArrayBuffer.isView(data)) writer.bytes(9, new Uint8Array(data.buffer, data.byteOffset, data.byteLength));
};

const writeValueInfo = (writer: MessageWriter, value: ValueInfo): void => {
  const { name, type, shape } = value;
  if (type === 'other') throw new GraphError(`The value “${name}” is no tensor and cannot be written.`);
  writer.text(1, name);
  writer.message(2, (typeProto) =>
    typeProto.message(1, (tensor) => {
      tensor.int(1, codeOf(type));
      if (value.unranked !== true)
        tensor.message(2, (dims) => {
          for (const dim of shape) dims.message(1, (inner) => writeDim(inner, dim));
        });
    }),
  );
};

const writeDim = (writer: MessageWriter, dim: number | string): void => {
  if (typeof dim === 'number') writer.int(1, dim);
  else if (dim !== '') writer.text(2, dim);
};
