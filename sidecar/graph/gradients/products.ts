import type { Assembly } from '../assembly.ts';
import { floatAttribute, intAttribute, intsAttribute, numberOf, stringAttribute } from '../attributes.ts';
import { GraphError } from '../graph-error.ts';
import type { Attributes } from '../model.ts';
import { einsumTerms } from '../shapes/products.ts';
import type { BackwardSite, GradientRule, GradientRules } from './rule.ts';
import { has, inputName, inputShape, outputShape, reshape, unbroadcast } from './rule.ts';

interface Product {
  readonly left: string;
  readonly right: string;
  readonly transLeft: boolean;
  readonly transRight: boolean;
}

const multiply = (assembly: Assembly, alpha: number, { left, right, transLeft, transRight }: Product): string => {
  const attributes: Attributes = {
    ...(alpha === 1 ? {} : { alpha: floatAttribute(alpha) }),
    ...(transLeft ? { transA: intAttribute(1) } : {}),
    ...(transRight ? { transB: intAttribute(1) } : {}),
  };
  return assembly.add('Gemm', [left, right], attributes);
};

/** Y = α·A'·B' + β·C, where ' transposes or not; each gradient is again one product. */
const gemm: GradientRule = {
  backward: (site) => {
    const { assembly, node, dy, wants } = site;
    const [a, b] = [inputName(site, 0), inputName(site, 1)];
    const [transA, transB] = [numberOf(node, 'transA', 0) === 1, numberOf(node, 'transB', 0) === 1];
    const alpha = numberOf(node, 'alpha', 1);
    const da: Product = transA
      ? { left: b, right: dy, transLeft: transB, transRight: true }
      : { left: dy, right: b, transLeft: false, transRight: !transB };
    const db: Product = transB
      ? { left: dy, right: a, transLeft: true, transRight: transA }
      : { left: a, right: dy, transLeft: !transA, transRight: false };
    return [
      wants(0) ? multiply(assembly, alpha, da) : undefined,
      wants(1) ? multiply(assembly, alpha, db) : undefined,
      has(site, 2) && wants(2) ? biasGradient(site) : undefined,
    ];
  },
};

const biasGradient = (site: BackwardSite): string => {
  const { assembly, node, dy } = site;
  const beta = numberOf(node, 'beta', 1);
  const [from, to] = [outputShape(site), inputShape(site, 2)];
  // The common bias is one sum over the rows, without a Reshape behind it.
  const common = to.length === 1 && to[0] === from[1] && from[1] !== 1;
  const sum = common ? assembly.reduce('ReduceSum', dy, [0], 'drop') : unbroadcast(assembly, dy, from, to);
  return beta === 1 ? sum : assembly.add('Mul', [sum, assembly.floats([beta])]);
};

const swapLast = (assembly: Assembly, value: string, rank: number): string => {
  const order = Array.from({ length: rank }, (_, axis) => axis);
  return assembly.add('Transpose', [value], { perm: intsAttribute([...order.slice(0, -2), rank - 1, rank - 2]) });
};

/** A vector counts as a matrix of one row on the left and of one column on the right. */
const asMatrix = (shape: readonly number[], side: 'left' | 'right'): readonly number[] => {
  if (shape.length > 1) return shape;
  return side === 'left' ? [1, ...shape] : [...shape, 1];
};

const shaped = (assembly: Assembly, value: string, from: readonly number[], to: readonly number[]): string =>
  from.length === to.length ? value : reshape(assembly, value, to);

/** dA = dY·Bᵀ and dB = Aᵀ·dY for every matrix of the batch, summed where a batch axis was broadcast. */
const matMul: GradientRule = {
  backward: (site) => {
    const { assembly, wants } = site;
    const [shapeA, shapeB, shapeY] = [inputShape(site, 0), inputShape(site, 1), outputShape(site)];
    const [fullA, fullB] = [asMatrix(shapeA, 'left'), asMatrix(shapeB, 'right')];
    const vectors = fullA.length - shapeA.length + fullB.length - shapeB.length;
    const batch = shapeY.slice(0, shapeY.length + vectors - 2);
    const fullY = [...batch, ...fullA.slice(-2, -1), ...fullB.slice(-1)];
    const dy = shaped(assembly, site.dy, shapeY, fullY);
    const a = shaped(assembly, inputName(site, 0), shapeA, fullA);
    const b = shaped(assembly, inputName(site, 1), shapeB, fullB);
    const finish = (value: string, full: readonly number[], shape: readonly number[]) =>
      shaped(assembly, unbroadcast(assembly, value, [...batch, ...full.slice(-2)], full), full, shape);
    const da = () => assembly.add('MatMul', [dy, swapLast(assembly, b, fullB.length)]);
    const db = () => assembly.add('MatMul', [swapLast(assembly, a, fullA.length), dy]);
    return [wants(0) ? finish(da(), fullA, shapeA) : undefined, wants(1) ? finish(db(), fullB, shapeB) : undefined];
  },
};

/** Each gradient is an Einsum of the others; letters that occur in one input only are not supported. */
const einsum: GradientRule = {
  backward: (site) => {
    const { assembly, dy, node, wants } = site;
    const { inputs, output } = einsumTerms(node);
    return inputs.map((term, index) => {
      if (!wants(index)) return undefined;
      const others = inputs.flatMap((other, at) => (at === index ? [] : [{ term: other, name: inputName(site, at) }]));
      const around = output + others.map((other) => other.term).join('');
      if (Array.from(term).some((letter) => !around.includes(letter)))
        throw new GraphError(`The Einsum “${inputs.join()}->${output}” has no gradient here.`, node.name);
      const equation = `${[output, ...others.map((other) => other.term)].join(',')}->${term}`;
      return assembly.add('Einsum', [dy, ...others.map(({ name }) => name)], { equation: stringAttribute(equation) });
    });
  },
};

export const products: GradientRules = { Gemm: gemm, MatMul: matMul, Einsum: einsum };
