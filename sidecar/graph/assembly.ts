import { floatAttribute, intsAttribute } from './attributes.ts';
import type { BlockedValues } from './blocked/values.ts';
import { createBlockedValues } from './blocked/values.ts';
import type { Attributes, Node, Tensor } from './model.ts';
import { float32, int64 } from './model.ts';

/** Nodes in the making. Every method that adds a node returns the name of the value that it makes. */
export interface Assembly {
  readonly add: (op: string, inputs: readonly string[], attributes?: Attributes, output?: string) => string;
  /** For operators with several outputs; the names are returned in their order. */
  readonly addMany: (
    op: string,
    inputs: readonly string[],
    attributes: Attributes,
    outputs: number,
  ) => readonly string[];
  /** Takes over a node as it is. */
  readonly keep: (node: Node) => void;
  /** A name for a value that another node will make. */
  readonly name: () => string;
  /** Values that lie in the layout of the runtime's fastest kernels; undefined where that layout is not used. */
  readonly blocked: BlockedValues | undefined;
  /** A float32 constant; equal constants are made once. */
  readonly floats: (values: readonly number[], dims?: readonly number[]) => string;
  /** An int64 constant, by default one-dimensional; equal constants are made once. */
  readonly ints: (values: readonly number[], dims?: readonly number[]) => string;
  /** ReduceSum, ReduceMean, … over the axes, which moved from attributes to inputs between operator sets. */
  readonly reduce: (op: string, input: string, axes: readonly number[], keepDims: 'keep' | 'drop') => string;
  readonly nodes: () => readonly Node[];
  readonly constants: () => readonly Tensor[];
}

/**
 * Gathers nodes for a graph of the given operator set. New values are called `<prefix><number>`, so the prefix
 * must not begin the name of any other value of the graph.
 * @param block channels that lie side by side in blocked values; without it there are none
 */
export const createAssembly = (prefix: string, opset: number, block?: number): Assembly => {
  const nodes: Node[] = [];
  const constants = new Map<string, Tensor>();
  let values = 0;
  const name = () => `${prefix}${values++}`;

  const insert = (node: Omit<Node, 'name'>) => void nodes.push({ ...node, name: `${prefix}node${nodes.length}` });
  const blocked = block === undefined ? undefined : createBlockedValues({ block, name, insert });

  const push = (op: string, inputs: readonly string[], attributes: Attributes, outputs: readonly string[]) => {
    blocked?.settle(inputs);
    insert({ op, domain: '', inputs, outputs, attributes });
  };

  const add: Assembly['add'] = (op, inputs, attributes = {}, output = name()) => {
    push(op, inputs, attributes, [output]);
    return output;
  };

  const share = (key: string, make: (name: string) => Tensor): string => {
    const tensor = constants.get(key) ?? make(`${prefix}constant${constants.size}`);
    constants.set(key, tensor);
    return tensor.name;
  };

  const ints: Assembly['ints'] = (given, dims = [given.length]) =>
    share(`int64 ${dims.join()} ${given.join()}`, (made) => int64(made, dims, given));

  return {
    add,
    addMany: (op, inputs, attributes, outputs) => {
      const made = Array.from({ length: outputs }, name);
      push(op, inputs, attributes, made);
      return made;
    },
    keep: (node) => {
      blocked?.settle(node.inputs);
      nodes.push(node);
    },
    name,
    blocked,
    floats: (given, dims = []) =>
      share(`float32 ${dims.join()} ${given.join()}`, (made) => float32(made, dims, Float32Array.from(given))),
    ints,
    reduce: (op, input, axes, keepDims) => {
      const keepdims = { kind: 'int', value: keepDims === 'keep' ? 1 : 0 } as const;
      const asInput = opset >= (op === 'ReduceSum' ? 13 : 18);
      return asInput
        ? add(op, [input, ints(axes)], { keepdims })
        : add(op, [input], { keepdims, axes: intsAttribute(axes) });
    },
    nodes: () => nodes,
    constants: () => [...constants.values()],
  };
};

/** The attributes of BatchNormalization; epsilon stays a float even where it is a whole number. */
export const epsilonAttribute = (epsilon: number): Attributes => ({ epsilon: floatAttribute(epsilon) });
