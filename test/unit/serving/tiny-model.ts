/** Writes small ONNX files by hand, so that these tests need nothing but the runtime. */

const varint = (value: number): number[] => {
  const bytes: number[] = [];
  let rest = value;
  while (rest > 127) {
    bytes.push((rest % 128) + 128);
    rest = Math.floor(rest / 128);
  }
  return [...bytes, rest];
};
const int = (field: number, value: number) => [...varint(field * 8), ...varint(value)];
const bytes = (field: number, content: ArrayLike<number>) => [
  ...varint(field * 8 + 2),
  ...varint(content.length),
  ...Array.from(content),
];
const text = (field: number, content: string) => bytes(field, new TextEncoder().encode(content));
const message = (field: number, ...parts: number[][]) => bytes(field, parts.flat());

export type Dimension = number | string;

const shapeOf = (dims: readonly Dimension[]) =>
  dims.flatMap((dim) => message(1, typeof dim === 'number' ? int(1, dim) : text(2, dim)));
const valueInfo = (field: number, name: string, dims: readonly Dimension[], type = 1) =>
  message(field, text(1, name), message(2, message(1, int(1, type), message(2, shapeOf(dims)))));
const floats = (name: string, dims: readonly number[], values: readonly number[]) =>
  message(
    5,
    dims.flatMap((dim) => int(1, dim)),
    int(2, 1),
    text(8, name),
    bytes(9, new Uint8Array(new Float32Array(values).buffer)),
  );
const node = (op: string, inputs: readonly string[], outputs: readonly string[], attributes: number[] = []) =>
  message(
    1,
    inputs.flatMap((name) => text(1, name)),
    outputs.flatMap((name) => text(2, name)),
    text(3, `${op}_${outputs[0] ?? ''}`),
    text(4, op),
    attributes,
  );
const intAttribute = (name: string, value: number) => message(5, text(1, name), int(3, value), int(20, 2));

const model = (...graph: number[][]) =>
  new Uint8Array([...int(1, 8), ...text(2, 'test'), ...message(7, ...graph, text(2, 'g')), ...message(8, int(2, 17))]);

/**
 * A classifier `probabilities = softmax(flatten(x)·w + b)` of 0…: with `bias` one class wins for inputs near 0,
 * so that an answer tells which model made it.
 * @param weights `[features][classes]`
 */
export const classifier = (
  weights: readonly (readonly number[])[],
  bias: readonly number[],
  {
    input = 'input',
    inputShape = [weights.length],
    batch = 'N',
  }: { input?: string; inputShape?: readonly number[]; batch?: Dimension } = {},
): Uint8Array =>
  model(
    node('Flatten', [input], ['flat'], intAttribute('axis', 1)),
    node('Gemm', ['flat', 'w', 'b'], ['logits']),
    node('Softmax', ['logits'], ['probabilities'], intAttribute('axis', 1)),
    floats('w', [weights.length, bias.length], weights.flat()),
    floats('b', [bias.length], bias),
    valueInfo(11, input, [batch, ...inputShape]),
    valueInfo(12, 'logits', [batch, bias.length]),
    valueInfo(12, 'probabilities', [batch, bias.length]),
  );

/** `prediction = x·w + b`, one number a row. `output` renames it, as a foreign exporter would. */
export const regressor = (weights: readonly number[], bias: number, output = 'prediction'): Uint8Array =>
  model(
    node('Gemm', ['input', 'w', 'b'], [output]),
    floats('w', [weights.length, 1], weights),
    floats('b', [1], [bias]),
    valueInfo(11, 'input', ['N', weights.length]),
    valueInfo(12, output, ['N', 1]),
  );

/** A model whose input is not what a table or picture gives. */
export const wrongRank = (): Uint8Array =>
  model(
    node('Identity', ['input'], ['output']),
    valueInfo(11, 'input', ['N', 2, 3, 4, 5]),
    valueInfo(12, 'output', ['N', 2, 3, 4, 5]),
  );
