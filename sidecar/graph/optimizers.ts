import type { Assembly } from './assembly.ts';

/** How weights change after each batch. Left-out numbers have PyTorch's defaults, momentum 0.9 for `sgd` apart. */
export interface Optimizer {
  readonly type: 'sgd' | 'adam' | 'adamw' | 'rmsprop';
  readonly momentum?: number;
  readonly weightDecay?: number;
  readonly beta1?: number;
  readonly beta2?: number;
  readonly epsilon?: number;
}

/** One parameter about to change. */
export interface UpdateSite {
  readonly assembly: Assembly;
  readonly parameter: string;
  readonly gradient: string;
  /** Name that the new parameter must get. */
  readonly output: string;
  /** Names of the running values of this parameter, in the rule's order, before and after the step. */
  readonly slots: readonly string[];
  readonly slotOutputs: readonly string[];
}

interface OptimizerRule {
  /** Running values kept for each parameter, all of them zeros at first. */
  readonly slots: (optimizer: Optimizer) => readonly string[];
  /** Names of the scalars that change from step to step. */
  readonly scalars: (optimizer: Optimizer) => readonly string[];
  readonly emit: (optimizer: Optimizer, site: UpdateSite) => void;
}

const decayOf = ({ weightDecay = 0 }: Optimizer) => weightDecay;
const momentumOf = ({ momentum = 0.9 }: Optimizer) => momentum;
const beta1Of = ({ beta1 = 0.9 }: Optimizer) => beta1;
const beta2Of = ({ beta2 = 0.999 }: Optimizer) => beta2;
const epsilonOf = ({ epsilon = 1e-8 }: Optimizer) => epsilon;
/** rmsprop's share of the old mean square; PyTorch calls it alpha. */
const smoothing = 0.99;

const scaled = ({ assembly }: UpdateSite, value: string, factor: number): string =>
  assembly.add('Mul', [value, assembly.floats([factor])]);

const slot = (names: readonly string[], index: number): string => names[index] ?? '';

/** g + λ·w, the gradient of a loss with a penalty on the weights. */
const penalised = (optimizer: Optimizer, site: UpdateSite): string =>
  decayOf(optimizer) === 0
    ? site.gradient
    : site.assembly.add('Add', [site.gradient, scaled(site, site.parameter, decayOf(optimizer))]);

/** share·old + (1 − share)·fresh, into the slot's new name. */
const blend = (site: UpdateSite, index: number, share: number, fresh: string): string =>
  site.assembly.add(
    'Add',
    [scaled(site, slot(site.slots, index), share), scaled(site, fresh, 1 - share)],
    {},
    slot(site.slotOutputs, index),
  );

/** u ← μ·u + g; w ← w − lr·u. Source: torch.optim.SGD. */
const sgd: OptimizerRule = {
  slots: (optimizer) => (momentumOf(optimizer) === 0 ? [] : ['momentum']),
  scalars: () => ['lr'],
  emit: (optimizer, site) => {
    const { assembly, parameter, output, slots, slotOutputs } = site;
    const gradient = penalised(optimizer, site);
    const kept = slots.length === 0 ? undefined : scaled(site, slot(slots, 0), momentumOf(optimizer));
    const direction = kept === undefined ? gradient : assembly.add('Add', [kept, gradient], {}, slot(slotOutputs, 0));
    assembly.add('Sub', [parameter, assembly.add('Mul', [direction, 'lr'])], {}, output);
  },
};

/** share·old + fresh, into the slot's new name. */
const gather = (site: UpdateSite, index: number, share: number, fresh: string): string =>
  site.assembly.add('Add', [scaled(site, slot(site.slots, index), share), fresh], {}, slot(site.slotOutputs, index));

/**
 * w ← from − lr·m/(√v + eps). Here m and v are sums, β₁ᵏ·g and β₂ᵏ·g² over the steps k ago, not averages: the factors
 * 1 − β that would make averages of them lie in the scalars, as the bias corrections do, and save two passes.
 */
const adamStep = (optimizer: Optimizer, site: UpdateSite, gradient: string, from: string): void => {
  const { assembly, output } = site;
  const first = gather(site, 0, beta1Of(optimizer), gradient);
  const second = gather(site, 1, beta2Of(optimizer), assembly.add('Mul', [gradient, gradient]));
  const deviation = assembly.add('Add', [assembly.add('Sqrt', [second]), 'eps']);
  const step = assembly.add('Mul', [assembly.add('Div', [first, deviation]), 'lr']);
  assembly.add('Sub', [from, step], {}, output);
};

/** Kingma and Ba, "Adam", 2015, with the epsilon of torch.optim.Adam. */
const adam: OptimizerRule = {
  slots: () => ['m', 'v'],
  scalars: () => ['lr', 'eps'],
  emit: (optimizer, site) => adamStep(optimizer, site, penalised(optimizer, site), site.parameter),
};

/** Loshchilov and Hutter, "Decoupled Weight Decay Regularization", 2019: the weights shrink before the step. */
const adamw: OptimizerRule = {
  slots: adam.slots,
  scalars: (optimizer) => (decayOf(optimizer) === 0 ? ['lr', 'eps'] : ['lr', 'eps', 'shrink']),
  emit: (optimizer, site) => {
    const { assembly, parameter, gradient } = site;
    const shrunk = decayOf(optimizer) === 0 ? parameter : assembly.add('Mul', [parameter, 'shrink']);
    adamStep(optimizer, site, gradient, shrunk);
  },
};

/** s ← α·s + (1 − α)·g²; w ← w − lr·g/(√s + ε). Source: torch.optim.RMSprop. */
const rmsprop: OptimizerRule = {
  slots: () => ['square'],
  scalars: () => ['lr', 'eps'],
  emit: (optimizer, site) => {
    const { assembly, parameter, output } = site;
    const gradient = penalised(optimizer, site);
    const square = blend(site, 0, smoothing, assembly.add('Mul', [gradient, gradient]));
    const deviation = assembly.add('Add', [assembly.add('Sqrt', [square]), 'eps']);
    const step = assembly.add('Mul', [assembly.add('Div', [gradient, deviation]), 'lr']);
    assembly.add('Sub', [parameter, step], {}, output);
  },
};

export const optimizers: Readonly<Record<Optimizer['type'], OptimizerRule>> = { sgd, adam, adamw, rmsprop };

/**
 * The scalars of one step, counted from 1, at the learning rate that the schedule asks for.
 *
 * Adam's bias corrections sit in its scalars. With c = √(1 − β₂ᵗ)/√(1 − β₂) they are lr·c·(1 − β₁)/(1 − β₁ᵗ) and ε·c,
 * so that the graph's lr·m/(√v + eps) is PyTorch's lr·m̂/(√v̂ + ε).
 */
export const stepScalars = (
  optimizer: Optimizer,
  learningRate: number,
  step: number,
): Readonly<Record<string, number>> => {
  const epsilon = epsilonOf(optimizer);
  if (optimizer.type === 'sgd') return { lr: learningRate };
  if (optimizer.type === 'rmsprop') return { lr: learningRate, eps: epsilon };
  const [beta1, beta2] = [beta1Of(optimizer), beta2Of(optimizer)];
  const correction = Math.sqrt((1 - beta2 ** step) / (1 - beta2));
  const scalars = {
    lr: (learningRate * correction * (1 - beta1)) / (1 - beta1 ** step),
    eps: epsilon * correction,
  };
  const shrinks = optimizers[optimizer.type].scalars(optimizer).includes('shrink');
  return shrinks ? { ...scalars, shrink: 1 - learningRate * decayOf(optimizer) } : scalars;
};
