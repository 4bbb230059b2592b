import { stringAttribute } from '../attributes.ts';
import type { Attributes, Node, Tensor } from '../model.ts';
import { blockedDomain } from '../model.ts';
import type { BlockedValues } from './values.ts';

interface Fusion {
  readonly blocked: Pick<BlockedValues, 'isBlocked'>;
  readonly constants: readonly Tensor[];
  /** Values that somebody outside reads. */
  readonly outputs: ReadonlySet<string>;
}

/**
 * Convolutions on blocked channels add another value to their result and bound it while it is still in the processor's
 * registers. So an Add, Relu or Clip that alone reads such a result becomes part of it, which saves a pass over memory.
 */
export const fuseBlocked = (nodes: readonly Node[], fusion: Fusion): readonly Node[] => {
  const readers = countReaders(nodes);
  const elements = new Map(fusion.constants.map(({ name, data }) => [name, data]));
  const boundOf = (name: string): number | undefined => {
    const data = elements.get(name);
    return data instanceof Float32Array && data.length === 1 ? data[0] : undefined;
  };
  /** Convolutions so far, by what they make, with the node that they stand in the place of. */
  const open = new Map<string, { readonly convolution: Node; readonly place: Node }>();
  const isFree = (value = '') => open.has(value) && readers.get(value) === 1 && !fusion.outputs.has(value);
  const replaced = new Map<Node, Node | undefined>();
  for (const node of nodes) {
    const before = open.get(node.inputs.find(isFree) ?? '');
    const whole = before === undefined ? undefined : absorb(before.convolution, node, { ...fusion.blocked, boundOf });
    if (before !== undefined && whole !== undefined) {
      replaced.set(before.place, undefined);
      replaced.set(node, whole);
    }
    const convolution = whole ?? node;
    if (isConvolution(convolution)) open.set(convolution.outputs[0] ?? '', { convolution, place: node });
  }
  return nodes.flatMap((node) => {
    const kept = replaced.has(node) ? replaced.get(node) : node;
    return kept === undefined ? [] : [kept];
  });
};

const countReaders = (nodes: readonly Node[]): ReadonlyMap<string, number> => {
  const readers = new Map<string, number>();
  for (const { inputs } of nodes) for (const name of inputs) readers.set(name, (readers.get(name) ?? 0) + 1);
  return readers;
};

const isConvolution = ({ op, domain }: Node): boolean => op === 'Conv' && domain === blockedDomain;

/** Room for an image, weights, a bias and a value to be added. */
const SUM = 3;

interface Surroundings extends Pick<BlockedValues, 'isBlocked'> {
  /** The number that a constant of one element holds. */
  readonly boundOf: (name: string) => number | undefined;
}

/** The convolution with the operator behind it in it, in the operator's place; undefined where that cannot be. */
const absorb = (convolution: Node, node: Node, around: Surroundings): Node | undefined => {
  if (node.domain !== '' || 'activation' in convolution.attributes) return undefined;
  const inPlace = (inputs: readonly string[], attributes: Attributes): Node => ({
    ...node,
    op: 'Conv',
    domain: blockedDomain,
    inputs,
    attributes: { ...convolution.attributes, ...attributes },
  });
  if (node.op === 'Add') {
    const sum = addend(convolution, node, around);
    const [image = '', weights = '', bias = ''] = convolution.inputs;
    return sum === undefined ? undefined : inPlace([image, weights, bias, sum], {});
  }
  const activation = activationOf(node, around);
  return activation === undefined ? undefined : inPlace(convolution.inputs, activation);
};

/** What an Add adds to the convolution, where that is a blocked value and there is room for it. */
const addend = (convolution: Node, { inputs }: Node, { isBlocked }: Surroundings): string | undefined => {
  if (convolution.inputs.length > SUM || !inputs.every(isBlocked)) return undefined;
  return inputs.find((name) => name !== convolution.outputs[0]);
};

const activationOf = ({ op, inputs }: Node, { boundOf }: Surroundings): Attributes | undefined => {
  if (op === 'Relu') return { activation: stringAttribute('Relu') };
  if (op !== 'Clip') return undefined;
  const [low, high] = [boundOf(inputs[1] ?? ''), boundOf(inputs[2] ?? '')];
  if (low === undefined || high === undefined) return undefined;
  return { activation: stringAttribute('Clip'), activation_params: { kind: 'floats', value: [low, high] } };
};
