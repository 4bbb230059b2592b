import { numberOf } from '../../graph/attributes.ts';
import type { Graph, Model, Node } from '../../graph/model.ts';
import { dimAt, sizeOf } from '../../graph/model.ts';
import type { Shapes } from '../../graph/shapes.ts';
import { inferShapes } from '../../graph/shapes.ts';
import { writeModel } from '../../graph/write.ts';
import type { Session } from './session.ts';
import { openSession } from './session.ts';

/**
 * Loads a graph for a device. On WebGPU the nodes that it cannot compute, or computes wrongly, are left to the
 * processor; the shapes of the graph must then be known but for the number of rows.
 */
export const openGraph = (model: Model, device: string): Promise<Session> => {
  if (device !== 'webgpu') return openSession(writeModel(model), device);
  const graph = withNames(model.graph);
  const shapes = inferShapes(graph, oneRow(graph));
  const onProcessor = graph.nodes.filter((node) => isBeyondWebGpu(node, shapes)).map(({ name }) => name);
  return openSession(writeModel({ ...model, graph }), device, { onProcessor });
};

/** Nodes are placed by their names, which need not be there or differ. */
const withNames = (graph: Graph): Graph => ({
  ...graph,
  nodes: graph.nodes.map((node, index) => ({ ...node, name: `node ${index}` })),
});

/** What is open in a graph that is evaluated: how many rows there are, which its weights do not depend on. */
const oneRow = ({ inputs }: Graph): Readonly<Record<string, number>> =>
  Object.fromEntries(
    inputs.flatMap(({ shape }) => shape.flatMap((dim) => (typeof dim === 'string' ? [[dim, 1]] : []))),
  );

const isBeyondWebGpu = (node: Node, shapes: Shapes): boolean =>
  (node.op === 'MaxPool' && node.outputs.length > 1) || (node.op === 'Conv' && isMiscomputed(node, shapes));

/**
 * ONNX Runtime 1.30 gives wrong numbers for a convolution whose input channels are a multiple of 3 but not of 4, from
 * 6 on, where the outputs are a multiple of 4: https://github.com/microsoft/onnxruntime/issues/29651.
 */
const isMiscomputed = (node: Node, shapes: Shapes): boolean => {
  const weights = shapes.get(node.inputs[1] ?? '')?.shape ?? [];
  const [outputs, channels] = [dimAt(weights, 0), dimAt(weights, 1)];
  return (
    numberOf(node, 'group', 1) === 1 &&
    sizeOf(weights.slice(2)) > 1 &&
    channels > 3 &&
    channels % 3 === 0 &&
    channels % 4 !== 0 &&
    outputs % 4 === 0
  );
};
