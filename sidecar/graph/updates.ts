import type { Assembly } from './assembly.ts';
import type { Optimizer } from './optimizers.ts';
import { optimizers } from './optimizers.ts';
import { after, emptySlot, type FloatTensor, type StateSlot } from './state-slot.ts';

/** How weights change by their gradients. */
export interface UpdateRequest {
  readonly optimizer: Optimizer;
  /** Largest norm of all gradients together. */
  readonly gradientClip?: number;
  /** Whether a moving average of the weights is kept beside them. */
  readonly averaged?: 'averaged';
}

/** Scalar by which a moving average comes nearer to the weights. */
export const averageShare = 'average_share';

/** Inputs of the graph that change from step to step. */
export const updateScalars = ({ optimizer, averaged }: UpdateRequest): readonly string[] => [
  ...optimizers[optimizer.type].scalars(optimizer),
  ...(averaged === undefined ? [] : [averageShare]),
];

/**
 * Emits what becomes of weights by their gradients: clipping, the optimizer, the moving average.
 * @param gradients by the weight's name
 */
export const emitUpdates = (
  assembly: Assembly,
  weights: readonly FloatTensor[],
  gradients: ReadonlyMap<string, string>,
  request: UpdateRequest,
): readonly StateSlot[] => {
  const clipped = clip(assembly, gradients, request.gradientClip);
  return weights.flatMap((tensor) => [
    ...emitUpdate(assembly, request.optimizer, tensor, clipped.get(tensor.name) ?? ''),
    ...(request.averaged === undefined ? [] : [emitAverage(assembly, tensor)]),
  ]);
};

/** All gradients times min(1, largest/(norm + 1e-6)). Source: torch.nn.utils.clip_grad_norm_. */
const clip = (
  assembly: Assembly,
  gradients: ReadonlyMap<string, string>,
  largest: number | undefined,
): ReadonlyMap<string, string> => {
  if (largest === undefined) return gradients;
  const squares = [...gradients.values()].map((gradient) =>
    assembly.add('Reshape', [assembly.add('ReduceSumSquare', [gradient]), assembly.ints([1])]),
  );
  const norm = assembly.add('Sqrt', [
    assembly.reduce('ReduceSum', assembly.add('Concat', squares, { axis: { kind: 'int', value: 0 } }), [0], 'drop'),
  ]);
  const ratio = assembly.add('Div', [assembly.floats([largest]), assembly.add('Add', [norm, assembly.floats([1e-6])])]);
  const factor = assembly.add('Min', [ratio, assembly.floats([1])]);
  return new Map(Array.from(gradients, ([name, gradient]) => [name, assembly.add('Mul', [gradient, factor])]));
};

const emitUpdate = (
  assembly: Assembly,
  optimizer: Optimizer,
  tensor: FloatTensor,
  gradient: string,
): readonly StateSlot[] => {
  const rule = optimizers[optimizer.type];
  const slots = rule.slots(optimizer).map((slot) => emptySlot(`${tensor.name}__${slot}`, tensor.dims, 'optimizer'));
  const { name } = tensor;
  rule.emit(optimizer, {
    assembly,
    parameter: name,
    gradient,
    output: after(name),
    slots: slots.map(({ input }) => input),
    slotOutputs: slots.map(({ output }) => output),
  });
  return [{ input: name, output: after(name), initial: tensor, role: 'parameter' }, ...slots];
};

/** a ← a + share·(w − a), w after the step. */
const emitAverage = (assembly: Assembly, tensor: FloatTensor): StateSlot => {
  const input = averageOf(tensor.name);
  const distance = assembly.add('Sub', [after(tensor.name), input]);
  const output = assembly.add('Add', [input, assembly.add('Mul', [distance, averageShare])], {}, after(input));
  return { input, output, initial: tensor, role: 'average' };
};

/** Name of the moving average of a weight. */
export const averageOf = (weight: string): string => `${weight}__average`;
