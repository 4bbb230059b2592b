import type { Assembly } from '../assembly.ts';
import { intsOf, numberOf, stringAttribute } from '../attributes.ts';
import type { Attributes, Graph, Model, Node } from '../model.ts';
import { writtenIrVersion, writtenOpset } from '../model.ts';
import { assemblyFor, withTensors } from './workbench.ts';

interface Conversion {
  /** Operator sets below this one write the operator in the old way; without it every file is converted. */
  readonly below?: number;
  readonly convert: (node: Node, assembly: Assembly) => Node;
}

const without = (attributes: Attributes, ...names: readonly string[]): Attributes =>
  Object.fromEntries(Object.entries(attributes).filter(([name]) => !names.includes(name)));

/** A list that was an attribute becomes the input at the index. */
const listToInput =
  (attribute: string, index: number): Conversion['convert'] =>
  (node, assembly) => {
    const list = intsOf(node, attribute);
    if (list === undefined) return node;
    const inputs = [...node.inputs, ...new Array<string>(Math.max(index - node.inputs.length, 0)).fill('')];
    return {
      ...node,
      inputs: [...inputs.slice(0, index), assembly.ints(list)],
      attributes: without(node.attributes, attribute),
    };
  };

const slice: Conversion['convert'] = (node, assembly) =>
  ['starts', 'ends', 'axes'].reduce((made, name, index) => listToInput(name, index + 1)(made, assembly), node);

const pad: Conversion['convert'] = (node, assembly) => {
  const padded = listToInput('pads', 1)(node, assembly);
  const value = numberOf(node, 'value', 0);
  return {
    ...padded,
    inputs: value === 0 ? padded.inputs : [...padded.inputs, assembly.floats([value])],
    attributes: without(padded.attributes, 'value'),
  };
};

const clip: Conversion['convert'] = (node, assembly) => {
  const bound = (name: string): string =>
    node.attributes[name] === undefined ? '' : assembly.floats([numberOf(node, name, 0)]);
  return {
    ...node,
    inputs: [node.inputs[0] ?? '', bound('min'), bound('max')],
    attributes: without(node.attributes, 'min', 'max'),
  };
};

const dropoutRatio: Conversion['convert'] = (node, assembly) => ({
  ...node,
  inputs: [node.inputs[0] ?? '', assembly.floats([numberOf(node, 'ratio', 0.5)])],
  attributes: without(node.attributes, 'ratio'),
});

/** As it is served: nothing is dropped. What training makes of it is not the file's business. */
const servedDropout: Conversion['convert'] = (node) => ({
  ...node,
  inputs: node.inputs.slice(0, 2),
  outputs: node.outputs.slice(0, 1),
});

/** As it is served: by the running statistics, which a file of a model in training mode hands on as further outputs. */
const servedNormalization: Conversion['convert'] = (node) => ({
  ...node,
  outputs: node.outputs.slice(0, 1),
  attributes: without(node.attributes, 'training_mode', 'spatial', 'is_test', 'consumed_inputs'),
});

/** Before operator set 11 a resized pixel was that of the scaled corner, rounded down. */
const oldResize: Conversion['convert'] = (node) => ({
  ...node,
  op: 'Resize',
  inputs: [node.inputs[0] ?? '', '', node.inputs[1] ?? ''],
  attributes: {
    ...without(node.attributes, 'scales'),
    coordinate_transformation_mode: stringAttribute('asymmetric'),
    nearest_mode: stringAttribute('floor'),
  },
});

/** Source: the ONNX changelog, github.com/onnx/onnx/blob/main/docs/Changelog.md. */
const conversions: Readonly<Record<string, readonly Conversion[]>> = {
  Slice: [{ below: 10, convert: slice }],
  Upsample: [{ below: 10, convert: oldResize }],
  Resize: [{ below: 11, convert: oldResize }],
  Clip: [{ below: 11, convert: clip }],
  Pad: [{ below: 11, convert: pad }],
  Scatter: [{ below: 11, convert: (node) => ({ ...node, op: 'ScatterElements' }) }],
  Dropout: [{ below: 12, convert: dropoutRatio }, { convert: servedDropout }],
  Squeeze: [{ below: 13, convert: listToInput('axes', 1) }],
  Unsqueeze: [{ below: 13, convert: listToInput('axes', 1) }],
  ReduceSum: [{ below: 13, convert: listToInput('axes', 1) }],
  Split: [{ below: 13, convert: listToInput('split', 1) }],
  BatchNormalization: [{ convert: servedNormalization }],
};

/**
 * The model in an operator set that training can append to: what newer sets take as inputs is an input, and layers that
 * behave differently in training are as they are served. Softmax of the old kind is converted where shapes are known.
 */
export const modernize = (model: Model): Model => {
  const { graph, opset } = model;
  const assembly = assemblyFor(graph, 'modern.', Math.max(opset, writtenOpset));
  const nodes = graph.nodes.map((node) =>
    (conversions[node.op] ?? [])
      .filter(({ below = Infinity }) => opset < below)
      .reduce((made, { convert }) => convert(made, assembly), node),
  );
  const converted: Graph = withTensors({ ...graph, nodes }, assembly.constants());
  return {
    ...model,
    graph: converted,
    opset: Math.max(opset, writtenOpset),
    irVersion: Math.max(model.irVersion, writtenIrVersion),
  };
};
