import { buildEvaluation } from './evaluation.ts';
import { peakBytes } from './memory.ts';
import type { Graph, Model } from './model.ts';
import { sizeOf } from './model.ts';
import { inferShapes } from './shapes.ts';
import { buildTrainStep, type TrainStep, type TrainStepRequest } from './train-step.ts';

const MEBIBYTE = 2 ** 20;

/**
 * What a process that trains takes besides tensors, measured as its resident memory on the processor with ONNX Runtime
 * 1.30: the program and the runtime, what a loaded graph takes for each node, how much the runtime's allocator holds
 * for a byte that is in use, and how often the weights lie about beside the state.
 */
const measured = { process: 125 * MEBIBYTE, node: 22 * 1024, allocator: 1.35, weightCopies: 7 } as const;

/** Rows that are judged at once on the way; more makes validation no faster and takes more memory than a step. */
export const judgedRowsFor = (batchSize: number): number => Math.min(256, batchSize);

/**
 * Bytes that training a model on the processor takes at its peak, an estimate: the state in two buffers, the values of
 * the step and of validation that are needed at one time, and what the process takes by itself.
 *
 * Throws a GraphError for a model that cannot be trained.
 */
export const trainingBytes = (model: Model, request: TrainStepRequest): number => {
  const step = buildTrainStep(model, request);
  const evaluation = buildEvaluation(model, step);
  const nodes = step.model.graph.nodes.length + evaluation.graph.nodes.length;
  const state = step.state.reduce((sum, { initial }) => sum + 4 * initial.data.length, 0);
  const weights = step.weights.reduce((sum, { data }) => sum + 4 * data.length, 0);
  const values = valuesOf(step) + judgingBytes(evaluation.graph, step);
  return (
    measured.process +
    measured.node * nodes +
    2 * state +
    measured.weightCopies * weights +
    measured.allocator * values +
    4 * sizeOf(step.inputDims)
  );
};

const valuesOf = ({ model: { graph } }: TrainStep): number => peakBytes(graph, inferShapes(graph, {}));

const judgingBytes = (graph: Graph, { batch }: TrainStep): number => {
  const rows = judgedRowsFor(batch);
  const [symbol] = graph.inputs[0]?.shape ?? [];
  return peakBytes(graph, inferShapes(graph, typeof symbol === 'string' ? { [symbol]: rows } : {}));
};
