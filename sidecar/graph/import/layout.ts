import { GraphError } from '../graph-error.ts';
import type { Graph, ValueInfo } from '../model.ts';
import { sizeOf } from '../model.ts';
import { rowsSymbol } from './free-batch.ts';
import { consumersOf } from './workbench.ts';

/** How the file wants rows: as they come, with channels last, or the same numbers in another shape. */
export type Layout = 'same' | 'channels-last' | 'reshaped';

const fits = (dims: ValueInfo['shape'], shape: readonly number[]): boolean =>
  dims.length === shape.length && dims.every((dim, axis) => typeof dim === 'string' || dim === shape[axis]);

const channelsLast = ([channels = 1, ...sides]: readonly number[]): readonly number[] => [...sides, channels];

/**
 * The layout that the file's input asks for.
 * @throws GraphError where rows of this shape do not fit, with what to set
 */
export const layoutOf = (graph: Graph, inputShape: readonly number[]): Layout => {
  const dims = dimsOf(graph, inputShape);
  const first = fits(dims, inputShape);
  if (takesLast(graph, dims, inputShape) && (!first || turnsToFront(graph))) return 'channels-last';
  if (first) return 'same';
  if (dims.every((dim) => typeof dim === 'number') && isOnlyReshaped(dims, inputShape)) return 'reshaped';
  throw doesNotFit(dims, inputShape);
};

/** Of a row of the file's input; a file that does not say takes what it gets. */
const dimsOf = ({ inputs: [input] }: Graph, inputShape: readonly number[]): ValueInfo['shape'] =>
  input === undefined || input.unranked === true ? inputShape : input.shape.slice(1);

const takesLast = (graph: Graph, dims: ValueInfo['shape'], inputShape: readonly number[]): boolean =>
  inputShape.length === 3 && graph.inputs[0]?.unranked !== true && fits(dims, channelsLast(inputShape));

/** The graph with every dimension of its input known but the number of rows, which stays as the file has it. */
export const bindInput = (graph: Graph, inputShape: readonly number[]): Graph => {
  const layout = layoutOf(graph, inputShape);
  const bind = ({ name, type, shape, unranked }: ValueInfo): ValueInfo => {
    const rows = unranked === true || typeof shape[0] !== 'number' ? rowsSymbol : shape[0];
    const own = layout === 'channels-last' ? channelsLast(inputShape) : inputShape;
    return { name, type, shape: [rows, ...(layout === 'reshaped' ? shape.slice(1) : own)] };
  };
  return { ...graph, inputs: graph.inputs.map(bind) };
};

/** Whether the file begins by bringing the last axis to the front, as files from Keras do. */
const turnsToFront = (graph: Graph): boolean =>
  consumersOf(graph, graph.inputs[0]?.name ?? '').some(({ op, attributes }) => {
    const order = attributes['perm'];
    return op === 'Transpose' && order?.kind === 'ints' && order.value.join() === '0,3,1,2';
  });

/** Rows of one channel may be flat or lack the channel; with more channels the order of the numbers is not known. */
const isOnlyReshaped = (dims: readonly number[], inputShape: readonly number[]): boolean =>
  sizeOf(dims) === sizeOf(inputShape) &&
  inputShape.filter((dim) => dim !== 1).length >= dims.filter((dim) => dim !== 1).length &&
  (inputShape.length !== 3 || inputShape[0] === 1);

const doesNotFit = (dims: ValueInfo['shape'], inputShape: readonly number[]): GraphError => {
  const shown = (shape: ValueInfo['shape']) => shape.map((dim) => (typeof dim === 'number' ? dim : '?')).join(' × ');
  return new GraphError(
    `The file takes rows of ${shown(dims)}, and the data has ${shown(inputShape)}.`,
    undefined,
    wayIn(dims, inputShape),
  );
};

const wayIn = (dims: ValueInfo['shape'], inputShape: readonly number[]): string => {
  if (inputShape.length !== 3 || dims.length !== 3) return 'Use a file that was made for such rows.';
  const numbers = dims.map(Number);
  const last = numbers[2] === 1 || numbers[2] === 3;
  const [channels, height, width] = last ? [numbers[2], numbers[0], numbers[1]] : numbers;
  if (height !== width) return 'Use a file that takes square images.';
  const size = Number.isInteger(height) ? `data.image_size: ${height}` : 'data.image_size';
  return channels === inputShape[0] || (channels !== 1 && channels !== 3)
    ? `Set ${size}.`
    : `Set ${size} and data.channels: ${channels}.`;
};
