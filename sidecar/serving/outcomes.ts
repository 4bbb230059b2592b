import type { Features } from '../contract/features.ts';
import { modelInvalid } from '../faults.ts';
import type { OutputTensor, Port } from './inference-messages.ts';
import { shapeInWords } from './row-shape.ts';

/** What one row is believed to be. */
export interface Outcome {
  /** Class index, or the number for regression. */
  readonly predicted: number;
  /** Share of the predicted class, null for regression. */
  readonly confidence: number | null;
  /** Share of each class, empty for regression. */
  readonly probabilities: readonly number[];
}

/** Where among the outputs the answer is, and how it is written. */
export interface Reading {
  readonly output: string;
  readonly as: 'probabilities' | 'logits' | 'number';
  readonly classes: number;
}

/**
 * The output that answers: by its usual name, else the first float output with one line a row.
 * @throws Fault `model-invalid` when there is none, or its width is not the number of classes
 */
export const chooseReading = (outputs: readonly Port[], declared: readonly Port[], features: Features): Reading => {
  const wanted = features.task === 'classification' ? ['probabilities', 'logits'] : ['prediction'];
  const named = wanted.flatMap((name) => outputs.find((output) => output.name === name) ?? [])[0];
  const chosen = named ?? outputs.find((output) => output.type.startsWith('float') && output.shape.length === 2);
  if (chosen === undefined) {
    const list = declared.map((output) => `${output.name}: ${output.type} ${shapeInWords(output.shape)}`).join('; ');
    throw modelInvalid(`none of its outputs is a float tensor with one line a row (it has ${list})`);
  }
  const width = chosen.shape.slice(1).reduce((product, size) => product * size, 1);
  if (features.task === 'regression') {
    if (width !== 1) throw modelInvalid(`its output “${chosen.name}” gives ${width} numbers a row, one is expected`);
    return { output: chosen.name, as: 'number', classes: 0 };
  }
  const classes = features.classes.length;
  if (width !== classes && !(width === 1 && classes === 2)) {
    throw modelInvalid(`its output “${chosen.name}” gives ${width} numbers a row, the data has ${classes} classes`);
  }
  return { output: chosen.name, as: chosen.name === 'logits' ? 'logits' : 'probabilities', classes };
};

/** What each row is believed to be, from the outputs of one run. */
export const readOutcomes = (reading: Reading, outputs: readonly OutputTensor[], rows: number): readonly Outcome[] => {
  const tensor = outputs.find((output) => output.name === reading.output);
  if (tensor === undefined) throw new Error(`The output ${reading.output} is missing from a run.`);
  const width = tensor.data.length / rows;
  return Array.from({ length: rows }, (_, row) => {
    const values = Array.from(tensor.data.subarray(row * width, (row + 1) * width), Number);
    return reading.as === 'number'
      ? { predicted: values[0] ?? Number.NaN, confidence: null, probabilities: [] }
      : classOutcome(reading, values);
  });
};

const classOutcome = (reading: Reading, values: readonly number[]): Outcome => {
  const probabilities = toProbabilities(reading, values);
  let predicted = 0;
  for (let index = 1; index < probabilities.length; index++) {
    if ((probabilities[index] ?? 0) > (probabilities[predicted] ?? 0)) predicted = index;
  }
  return { predicted, confidence: probabilities[predicted] ?? null, probabilities };
};

/** An output of another name holds shares if it looks like shares, else scores. */
const toProbabilities = (reading: Reading, values: readonly number[]): readonly number[] => {
  if (values.length === 1 && reading.classes === 2) {
    const second = values[0] ?? 0;
    return [1 - second, second];
  }
  const sum = values.reduce((total, value) => total + value, 0);
  const shares = reading.as === 'probabilities' && Math.abs(sum - 1) < 1e-3 && values.every((value) => value >= 0);
  return shares ? values : softmax(values);
};

const softmax = (scores: readonly number[]): readonly number[] => {
  const largest = Math.max(...scores);
  const powers = scores.map((score) => Math.exp(score - largest));
  const sum = powers.reduce((total, power) => total + power, 0);
  return powers.map((power) => power / sum);
};
