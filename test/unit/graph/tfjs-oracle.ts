import * as tf from '@tensorflow/tfjs';
import { numberOf } from '../../../sidecar/graph/attributes.ts';
import type { Loss } from '../../../sidecar/graph/losses.ts';
import type { Model, Node } from '../../../sidecar/graph/model.ts';
import { runningStatistics, trainableParameters } from '../../../sidecar/graph/parameters.ts';

/** What the operators of the zoo are in tensorflow.js, in training. Images are NCHW; tfjs wants NHWC. */
type Operator = (inputs: readonly tf.Tensor[], node: Node) => tf.Tensor;

const toNhwc = (x: tf.Tensor) => tf.transpose(x, [0, 2, 3, 1]) as tf.Tensor4D;
const toNchw = (x: tf.Tensor) => tf.transpose(x, [0, 3, 1, 2]);

const operators: Readonly<Record<string, Operator>> = {
  Sub: ([a, b]) => tf.sub(a!, b!),
  Div: ([a, b]) => tf.div(a!, b!),
  Relu: ([x]) => tf.relu(x!),
  Flatten: ([x]) => tf.reshape(x!, [x!.shape[0], -1]),
  Gemm: ([x, w, b]) => tf.add(tf.matMul(x as tf.Tensor2D, w as tf.Tensor2D, false, true), b!),
  Conv: ([x, w]) =>
    toNchw(
      tf.conv2d(
        toNhwc(
          tf.pad(x!, [
            [0, 0],
            [0, 0],
            [1, 1],
            [1, 1],
          ]),
        ),
        tf.transpose(w!, [2, 3, 1, 0]) as tf.Tensor4D,
        1,
        'valid',
      ),
    ),
  MaxPool: ([x]) => toNchw(tf.maxPool(toNhwc(x!), 2, 2, 'valid')),
  BatchNormalization: ([x, scale, bias], node) => {
    const { mean, variance } = tf.moments(x!, [0, 2, 3], true);
    const normal = tf.div(tf.sub(x!, mean), tf.sqrt(tf.add(variance, numberOf(node, 'epsilon', 1e-5))));
    const channels = (value: tf.Tensor) => tf.reshape(value, [1, -1, 1, 1]);
    return tf.add(tf.mul(normal, channels(scale!)), channels(bias!));
  },
};

const losses: Readonly<Record<Loss, (predictions: tf.Tensor, targets: Float32Array) => tf.Scalar>> = {
  cross_entropy: (logits, targets) => {
    const truth = tf.oneHot(tf.tensor1d(Array.from(targets), 'int32'), logits.shape[1]!);
    return tf.neg(tf.mean(tf.sum(tf.mul(tf.logSoftmax(logits), truth), -1)));
  },
  mse: (predictions, targets) => tf.mean(tf.square(tf.sub(predictions, tf.tensor2d(targets, [targets.length, 1])))),
  binary_cross_entropy: (logits, targets) =>
    tf.mean(tf.losses.sigmoidCrossEntropy(tf.tensor2d(targets, [targets.length, 1]), logits)),
};

export interface OracleRequest {
  readonly model: Model;
  readonly head: string;
  readonly loss: Loss;
  readonly inputs: Float32Array;
  readonly inputDims: readonly number[];
  readonly targets: Float32Array;
  /** Dropout masks in the order of the Dropout nodes. */
  readonly masks: readonly { readonly data: Float32Array; readonly dims: readonly number[] }[];
}

export interface OracleAnswer {
  readonly loss: number;
  readonly gradients: Readonly<Record<string, Float32Array>>;
}

/** Loss and gradients of every trainable weight by tensorflow.js on the processor: a second implementation. */
export const askTensorflow = async (request: OracleRequest): Promise<OracleAnswer> => {
  await tf.setBackend('cpu');
  const { graph } = request.model;
  const statistics = runningStatistics(graph);
  const weights = Object.fromEntries(
    trainableParameters(graph).map(({ name, data, dims }) => [
      name,
      tf.variable(tf.tensor(data as Float32Array, [...dims])),
    ]),
  );
  const run = (): tf.Scalar => {
    const values = new Map<string, tf.Tensor>(Object.entries(weights));
    values.set('input', tf.tensor(request.inputs, [...request.inputDims]));
    const masks = request.masks.values();
    for (const node of graph.nodes) {
      if (values.has(request.head)) break;
      const [output] = node.outputs;
      values.set(output!, evaluate(node, values, masks));
    }
    return losses[request.loss](values.get(request.head)!, request.targets);
  };
  const evaluate = (
    node: Node,
    values: ReadonlyMap<string, tf.Tensor>,
    masks: Iterator<OracleRequest['masks'][number]>,
  ) => {
    const constant = node.attributes['value'];
    if (node.op === 'Constant' && constant?.kind === 'tensor')
      return tf.tensor(constant.value.data as Float32Array, [...constant.value.dims]);
    if (node.op === 'Dropout') {
      const { data, dims } = masks.next().value as OracleRequest['masks'][number];
      return tf.mul(values.get(node.inputs[0]!)!, tf.tensor(data, [...dims]));
    }
    const inputs = node.inputs.filter((name) => !statistics.has(name)).map((name) => values.get(name)!);
    return operators[node.op]!(inputs, node);
  };
  const { value, grads } = tf.variableGrads(run, Object.values(weights));
  return {
    loss: value.dataSync()[0]!,
    gradients: Object.fromEntries(
      Object.entries(weights).map(([name, variable]) => [name, grads[variable.name]!.dataSync() as Float32Array]),
    ),
  };
};
