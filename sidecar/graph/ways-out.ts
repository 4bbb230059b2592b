const serveOnly =
  'To serve the file without training it, use `engine: command` with a command that copies it to $TRAINYARD_OUT/model.onnx.';

const recurrent = `Recurrent layers are not trained here. Train with a script of your own (\`engine: command\`). ${serveOnly}`;
const random =
  'The file was exported in training mode. Export it after model.eval(), or with torch.onnx.TrainingMode.PRESERVE from a model in evaluation mode.';
const quantised = `The file is quantised. Fine-tune the float32 model that it was made from. ${serveOnly}`;
const branching = `Export the model without control flow: with fixed lengths, or by tracing it. ${serveOnly}`;

/** What a user can do about an operator that stands in the way, by name. */
const waysOut: Readonly<Record<string, string>> = {
  Erfc: 'tf2onnx could not translate Keras’ gelu, so no runtime can load this file. Use keras.activations.gelu(x, approximate=True), and export again.',
  LSTM: recurrent,
  GRU: recurrent,
  RNN: recurrent,
  RandomUniformLike: random,
  RandomNormalLike: random,
  RandomUniform: random,
  RandomNormal: random,
  Bernoulli: random,
  If: branching,
  Loop: branching,
  Scan: branching,
  QuantizeLinear: quantised,
  DequantizeLinear: quantised,
  DynamicQuantizeLinear: quantised,
  QLinearConv: quantised,
  QLinearMatMul: quantised,
  ConvInteger: quantised,
  MatMulInteger: quantised,
};

/** Operators that stand in the way of any training, by name, with what a user can do. */
export const obstacles: readonly (readonly [operator: string, wayOut: string])[] = Object.entries(waysOut);

/** The way out for an operator that has no gradient. */
export const wayOut = (op: string): string =>
  waysOut[op] ?? `Freeze the layers before it (model.freeze), or export the model without it. ${serveOnly}`;

/** The way out for an operator that is not known at all. */
export const wayOutOfStranger = (op: string): string => waysOut[op] ?? `Export the model without it. ${serveOnly}`;

export const wayOutOfTrees = `Trees, linear models and preprocessing of scikit-learn cannot be fine-tuned by gradients. ${serveOnly}`;
export const wayOutOfMaps =
  'Export the classifier with options={"zipmap": False} (skl2onnx), so that its probabilities are a tensor.';
