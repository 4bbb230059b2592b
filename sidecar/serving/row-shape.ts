import type { Features } from '../contract/features.ts';
import { rawColumnsOf } from '../datasets/raw-columns.ts';
import { modelInvalid } from '../faults.ts';
import type { Port } from './inference-messages.ts';

/** `[N, 3, 32, 32]`: a shape as people write it. */
export const shapeInWords = (shape: readonly number[]): string =>
  `[${shape.map((size) => (size < 0 ? 'N' : size)).join(', ')}]`;

/** Whether a model takes the raw columns of a table, an input each, and not one tensor of rows. */
export const takesRawColumns = (inputs: readonly Port[], { columns }: Features): boolean =>
  columns.length > 0 && inputs.every(({ type }) => type === 'float64' || type === 'string');

/**
 * The inputs of raw columns, in the order of `rawColumnsOf`.
 * @throws Fault `model-invalid` when they are not the columns of the features
 */
export const rawInputs = (inputs: readonly Port[], { columns }: Features): readonly Port[] => {
  const wanted = rawColumnsOf(columns);
  const strange = wanted.find(({ type }, at) => inputs[at]?.type !== (type === 'text' ? 'string' : 'float64'));
  if (strange === undefined && inputs.length === wanted.length) {
    return inputs.map((input) => ({ ...input, shape: [-1, 1] }));
  }
  throw modelInvalid(
    `it takes ${inputs.map(({ name, type }) => `“${name}” (${type})`).join(', ')}, and the features have ${wanted.map(({ column }) => `“${column}”`).join(', ')}`,
  );
};

/**
 * The one input that rows go into.
 * @throws Fault `model-invalid` when there is not exactly one, or it holds no float32 rows
 */
export const chooseInput = (inputs: readonly Port[], features: Features): Port => {
  const input = inputs.find((candidate) => candidate.name === 'input') ?? inputs[0];
  if (input === undefined || inputs.length !== 1) {
    throw modelInvalid(`it takes ${inputs.length} inputs, one is served`);
  }
  if (input.type !== 'float32') {
    throw modelInvalid(`its input “${input.name}” is ${input.type}; export it with a float32 input`);
  }
  const fixed = input.shape[0] ?? -1;
  if (fixed > 1) throw modelInvalid(`it takes exactly ${fixed} rows at a time; export it with a free first dimension`);
  return { ...input, shape: input.shape.length === 0 ? [-1, ...features.inputShape] : input.shape };
};

/**
 * Shape of one row: the features' where the file leaves it open; pictures may also be taken as one long row.
 * @throws Fault `model-invalid` when file and features contradict each other
 */
export const rowShapeOf = (input: Port, features: Features): readonly number[] => {
  const declared = input.shape.slice(1);
  const wanted = features.inputShape;
  const total = wanted.reduce((product, size) => product * size, 1);
  const fits =
    declared.length === wanted.length && declared.every((size, axis) => size < 0 || size === (wanted[axis] ?? size));
  if (fits) return wanted;
  if (declared.length === 1 && (declared[0] === total || (declared[0] ?? 0) < 0)) return [total];
  throw modelInvalid(
    `its input “${input.name}” has the shape ${shapeInWords(input.shape)}, the features give ${shapeInWords([-1, ...wanted])}`,
  );
};
