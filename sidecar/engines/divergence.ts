import type { NamedTensors } from './checkpoint.ts';
import type { Course } from './course.ts';
import { TrainingDiverged } from './engine.ts';
import type { StepCall } from './stepper.ts';

interface Finding {
  readonly tensor: string;
  readonly value: number;
  readonly hint: string;
}

interface Batch {
  readonly epoch: number;
  readonly loss: number;
  readonly inputs: Float32Array;
  readonly targets: Float32Array;
}

const lowerRate = 'Lower optimizer.lr, or set training.gradient_clip to 1.';
const mendData = 'Mend the data: every value must be a finite number.';

const isBad = (value: number): boolean => !Number.isFinite(value);

/** Finds what was not finite first in a batch whose loss is not: the data, a weight, or what a node made of them. */
export const explainDivergence = async (course: Course, call: StepCall, batch: Batch): Promise<TrainingDiverged> => {
  const { epoch } = batch;
  const found =
    findInData(call.rows, batch) ?? (await findInWeights(course)) ?? (await findInNodes(course, call, batch));
  return new TrainingDiverged({ step: call.step, epoch, ...found });
};

const findInData = (rows: number, { inputs, targets }: Batch): Finding | undefined => {
  for (const [name, numbers] of Object.entries({ input: inputs, target: targets })) {
    const at = numbers.findIndex(isBad);
    const width = numbers.length / rows;
    const where = `row ${Math.floor(at / width) + 1} of the batch, value ${(at % width) + 1}`;
    if (at >= 0) return { tensor: `the ${name} (${where})`, value: numbers[at] ?? Number.NaN, hint: mendData };
  }
  return undefined;
};

/** The loss of the step before was finite, so that it was that step which spoiled the weight. */
const findInWeights = async ({ stepper }: Course): Promise<Finding | undefined> => {
  const state = await stepper.state();
  const names = [...(await stepper.weights()).keys()];
  return (
    findBad('the weight', new Map(names.map((name) => [name, state.get(name) ?? new Float32Array()]))) ??
    findBad("the optimizer's", state)
  );
};

const findBad = (what: string, tensors: NamedTensors): Finding | undefined => {
  for (const [name, numbers] of tensors) {
    const value = numbers.find(isBad);
    if (value !== undefined) return { tensor: `${what} ${name}`, value, hint: lowerRate };
  }
  return undefined;
};

const findInNodes = async ({ stepper }: Course, call: StepCall, { loss }: Batch): Promise<Finding> => {
  const node = await stepper.trace(call);
  const hint = `${lowerRate} Very large values in the data do the same.`;
  return { tensor: node === undefined ? 'the loss' : `the output of ${node}`, value: loss, hint };
};

/** @throws TrainingDiverged for weights of which some are not finite: nothing could be done with them. */
export const refuseBadWeights = (
  weights: NamedTensors,
  at: { readonly step: number; readonly epoch: number },
): void => {
  const found = findBad('the weight', weights);
  if (found !== undefined) throw new TrainingDiverged({ ...at, ...found });
};

/** @throws TrainingDiverged for a loss on the validation rows that is not finite */
export const refuseBadLoss = (value: number, at: { readonly step: number; readonly epoch: number }): void => {
  const hint = `${lowerRate} Very large values in the validation rows do the same.`;
  if (isBad(value)) throw new TrainingDiverged({ ...at, tensor: 'the loss on the validation rows', value, hint });
};
