import { GraphError } from '../graph-error.ts';
import type { Graph, Node, Tensor } from '../model.ts';
import { wayOut, wayOutOfMaps, wayOutOfTrees } from '../ways-out.ts';

/** Older operator sets broadcast and normalise in other ways. Source: the ONNX changelog. */
const oldestOpset = 9;

/** Operators that no fine-tuned model may hold, whether a gradient goes through them or not. */
const never = new Set(
  (
    'If Loop Scan RandomUniformLike RandomNormalLike RandomUniform RandomNormal Bernoulli QuantizeLinear ' +
    'DequantizeLinear DynamicQuantizeLinear QLinearConv QLinearMatMul ConvInteger MatMulInteger Erfc'
  ).split(' '),
);

/** Throws a GraphError with the way out for a graph that cannot be fine-tuned at all. */
export const refuse = ({ nodes, initializers }: Graph): void => {
  for (const node of nodes) refuseNode(node);
  for (const tensor of initializers) refuseTensor(tensor);
};

export const refuseOldest = (opset: number): void => {
  if (opset >= oldestOpset) return;
  throw new GraphError(
    `The file uses operator set ${opset}; fine-tuning needs ${oldestOpset} or newer.`,
    undefined,
    'Export the model again with a newer opset, or convert it with onnx.version_converter.',
  );
};

const refuseNode = ({ op, domain, name }: Node): void => {
  if (op === 'ZipMap') throw new GraphError('The file answers with a map and not with a tensor.', name, wayOutOfMaps);
  if (domain !== '') throw new GraphError(`The operator ${op} cannot be fine-tuned.`, name, wayOutOfTrees);
  if (never.has(op)) throw new GraphError(`The operator ${op} cannot be fine-tuned.`, name, wayOut(op));
};

/** Weights of another width would need a copy in float32 that is not the file's model any more. */
const refuseTensor = ({ name, type, dims }: Tensor): void => {
  if (dims.length > 1 && (type === 'float16' || type === 'bfloat16' || type === 'float64'))
    throw new GraphError(
      `The weight “${name}” holds ${type} numbers; fine-tuning needs float32.`,
      undefined,
      'Export the model in float32.',
    );
};
