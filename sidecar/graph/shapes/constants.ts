import { GraphError } from '../graph-error.ts';
import type { Attribute, ElementType, Tensor } from '../model.ts';
import { sizeOf } from '../model.ts';
import { mostElements } from './known-elements.ts';
import type { Known, ShapeRule } from './rule.ts';
import { elementsAt } from './rule.ts';

/** What is known of a constant tensor. */
export const knownTensor = ({ type, dims, data }: Tensor): Known => {
  if (data.length > mostElements || !ArrayBuffer.isView(data)) return { type, shape: dims };
  return { type, shape: dims, elements: Array.from(data, Number) };
};

/** By attribute: what a Constant with that attribute holds. */
const holders: Readonly<Record<string, (attribute: Attribute) => Known | undefined>> = {
  value: (given) => (given.kind === 'tensor' ? knownTensor(given.value) : undefined),
  value_float: (given) => (given.kind === 'float' ? scalar('float32', given.value) : undefined),
  value_int: (given) => (given.kind === 'int' ? scalar('int64', given.value) : undefined),
  value_floats: (given) => (given.kind === 'floats' ? list('float32', given.value) : undefined),
  value_ints: (given) => (given.kind === 'ints' ? list('int64', given.value) : undefined),
};

const scalar = (type: ElementType, value: number): Known => ({ type, shape: [], elements: [value] });
const list = (type: ElementType, elements: readonly number[]): Known => ({ type, shape: [elements.length], elements });

const constant: ShapeRule = ({ node }) => {
  const [entry] = Object.entries(node.attributes);
  const known = entry && holders[entry[0]]?.(entry[1]);
  if (known === undefined) throw new GraphError('A Constant has a value that is not supported.', node.name);
  return [known];
};

const constantOfShape: ShapeRule = (request) => {
  const shape = elementsAt(request, 0) ?? [];
  const given = request.node.attributes['value'];
  const one: Known =
    given?.kind === 'tensor' ? knownTensor(given.value) : { type: 'float32', shape: [1], elements: [0] };
  const size = sizeOf(shape);
  const elements = size > mostElements ? undefined : new Array<number>(size).fill(one.elements?.[0] ?? 0);
  return [{ type: one.type, shape, ...(elements && { elements }) }];
};

export const constants: Readonly<Record<string, ShapeRule>> = { Constant: constant, ConstantOfShape: constantOfShape };
