import { stringAttribute } from '../attributes.ts';
import type { Attributes, Node, Tensor } from '../model.ts';
import { blockedDomain } from '../model.ts';

interface Fusion {
  /** Blocked values by name. */
  readonly isBlocked: (value: string) => boolean;
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
  /** Convolutions that are not fixed in place yet, by what they make. */
  const open = new Map<string, Node>();
  const isFree = (value = '') => open.has(value) && readers.get(value) === 1 && !fusion.outputs.has(value);
  const swallowed = new Set<Node>();
  const made = new Map<Node, Node>();
  for (const node of nodes) {
    const [head, other] = node.inputs;
    const chosen = isFree(head) ? head : isFree(other) ? other : undefined;
    const convolution = open.get(chosen ?? '');
    const whole = convolution === undefined ? undefined : absorb(convolution, node, { ...fusion, boundOf });
    if (convolution !== undefined && whole !== undefined) {
      const origin = sourceOf(made, convolution);
      if (origin !== undefined) swallowed.add(origin);
      made.set(node, whole);
      open.set(whole.outputs[0] ?? '', whole);
    } else if (isConvolution(node)) {
      made.set(node, node);
      open.set(node.outputs[0] ?? '', node);
    }
  }
  return nodes.flatMap((node) => (swallowed.has(node) ? [] : [made.get(node) ?? node]));
};

const countReaders = (nodes: readonly Node[]): ReadonlyMap<string, number> => {
  const readers = new Map<string, number>();
  for (const { inputs } of nodes) for (const name of inputs) readers.set(name, (readers.get(name) ?? 0) + 1);
  return readers;
};

const sourceOf = (made: ReadonlyMap<Node, Node>, whole: Node): Node | undefined => {
  for (const [node, result] of made) if (result === whole) return node;
  return undefined;
};

const isConvolution = ({ op, domain }: Node): boolean => op === 'Conv' && domain === blockedDomain;

/** Room for an image, weights, a bias and a value to be added. */
const SUM = 3;

/** The convolution with the operator behind it in it, in the operator's place; undefined where that cannot be. */
const absorb = (
  convolution: Node,
  node: Node,
  { isBlocked, boundOf }: Pick<Fusion, 'isBlocked'> & { readonly boundOf: (name: string) => number | undefined },
): Node | undefined => {
  if (node.domain !== '' || 'activation' in convolution.attributes) return undefined;
  const inPlace = (inputs: readonly string[], attributes: Attributes): Node => ({
    ...node,
    op: 'Conv',
    domain: blockedDomain,
    inputs,
    attributes,
  });
  if (node.op === 'Relu')
    return inPlace(convolution.inputs, { ...convolution.attributes, activation: stringAttribute('Relu') });
  if (node.op === 'Clip') {
    const bounds = [boundOf(node.inputs[1] ?? ''), boundOf(node.inputs[2] ?? '')];
    const [low, high] = bounds;
    if (low === undefined || high === undefined) return undefined;
    return inPlace(convolution.inputs, {
      ...convolution.attributes,
      activation: stringAttribute('Clip'),
      activation_params: { kind: 'floats', value: [low, high] },
    });
  }
  if (node.op !== 'Add' || convolution.inputs.length > SUM || !node.inputs.every(isBlocked)) return undefined;
  const [image = '', weights = '', bias = ''] = convolution.inputs;
  const [left = '', right = ''] = node.inputs;
  const sum = left === convolution.outputs[0] ? right : left;
  return left === right ? undefined : inPlace([image, weights, bias, sum], convolution.attributes);
};
