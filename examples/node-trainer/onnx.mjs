// Writes a softmax regression as an ONNX file. An ONNX file is one protobuf message; a protobuf message is a list of
// fields, each a tag (number and kind) and a value. These are all the kinds that a model needs.

const varint = (value) => {
  const bytes = [];
  let rest = BigInt(value);
  do {
    bytes.push(Number(rest & 0x7fn) | (rest > 0x7fn ? 0x80 : 0));
    rest >>= 7n;
  } while (rest > 0n);
  return Buffer.from(bytes);
};
const integer = (field, value) => Buffer.concat([varint(field << 3), varint(value)]);
const bytes = (field, value) => Buffer.concat([varint((field << 3) | 2), varint(value.length), value]);
const text = (field, value) => bytes(field, Buffer.from(value));
const message = (field, ...parts) => bytes(field, Buffer.concat(parts));

const FLOAT = 1;

/** TensorProto: dims, data_type, name, raw_data (little-endian 32-bit floats). */
const tensor = (field, name, dims, values) =>
  message(
    field,
    ...dims.map((dim) => integer(1, dim)),
    integer(2, FLOAT),
    text(8, name),
    bytes(9, Buffer.from(Float32Array.from(values).buffer)),
  );

/** ValueInfoProto of a float tensor [N, columns], N being free. */
const matrix = (field, name, columns) => {
  const shape = message(2, message(1, text(2, 'N')), message(1, integer(1, columns)));
  return message(field, text(1, name), message(2, message(1, integer(1, FLOAT), shape)));
};

/** NodeProto: inputs, outputs, operator, and whole-number attributes. */
const node = (operator, inputs, outputs, attributes = {}) =>
  message(
    1,
    ...inputs.map((name) => text(1, name)),
    ...outputs.map((name) => text(2, name)),
    text(4, operator),
    ...Object.entries(attributes).map(([name, value]) => message(5, text(1, name), integer(3, value), integer(20, 2))),
  );

/**
 * `weights` is [features][classes], `bias` is [classes]. The model takes `input` [N, features] and gives `logits` and
 * `probabilities` [N, classes].
 */
export const softmaxRegression = (weights, bias) => {
  const [features, classes] = [weights.length, bias.length];
  const graph = message(
    7,
    node('Gemm', ['input', 'weights', 'bias'], ['logits']),
    node('Softmax', ['logits'], ['probabilities'], { axis: 1 }),
    text(2, 'softmax_regression'),
    tensor(5, 'weights', [features, classes], weights.flat()),
    tensor(5, 'bias', [classes], bias),
    matrix(11, 'input', features),
    matrix(12, 'logits', classes),
    matrix(12, 'probabilities', classes),
  );
  const opset = message(8, text(1, ''), integer(2, 17));
  return Buffer.concat([integer(1, 8), text(2, 'node-trainer'), graph, opset]);
};
