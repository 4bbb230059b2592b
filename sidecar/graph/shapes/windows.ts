import { intsOf, numberOf, textOf } from '../attributes.ts';
import { GraphError } from '../graph-error.ts';
import type { Node } from '../model.ts';
import type { ShapeRule } from './rule.ts';
import { elementsAt, inputAt, shown } from './rule.ts';

/** How the window of a convolution or pooling moves, one entry a spatial dimension. */
export interface Window {
  readonly kernel: readonly number[];
  readonly strides: readonly number[];
  readonly dilations: readonly number[];
  readonly before: readonly number[];
  readonly after: readonly number[];
  readonly output: readonly number[];
}

const reach = (kernel: number, dilation: number): number => (kernel - 1) * dilation + 1;

/** Padding that SAME_UPPER and SAME_LOWER stand for. Source: ONNX Operators, Conv, auto_pad. */
const automatic = (node: Node, sizes: readonly number[], base: Omit<Window, 'before' | 'after' | 'output'>) => {
  const mode = textOf(node, 'auto_pad', 'NOTSET');
  if (mode === 'VALID') return [...sizes, ...sizes].map(() => 0);
  if (!mode.startsWith('SAME')) return intsOf(node, 'pads') ?? [...sizes, ...sizes].map(() => 0);
  const totals = sizes.map((size, index) => {
    const stride = base.strides[index] ?? 1;
    const wanted = (Math.ceil(size / stride) - 1) * stride + reach(base.kernel[index] ?? 1, base.dilations[index] ?? 1);
    return Math.max(wanted - size, 0);
  });
  const less = totals.map((total) => Math.floor(total / 2));
  const more = totals.map((total) => Math.ceil(total / 2));
  return mode === 'SAME_UPPER' ? [...less, ...more] : [...more, ...less];
};

/**
 * The window of a Conv, MaxPool or AveragePool over an input of the given spatial sizes.
 * `kernel` is the kernel shape of the weights, for a Conv that does not repeat it as an attribute.
 */
export const windowOf = (node: Node, sizes: readonly number[], kernelOfWeights: readonly number[] = []): Window => {
  const ones = sizes.map(() => 1);
  const base = {
    kernel: intsOf(node, 'kernel_shape') ?? kernelOfWeights,
    strides: intsOf(node, 'strides') ?? ones,
    dilations: intsOf(node, 'dilations') ?? ones,
  };
  const pads = automatic(node, sizes, base);
  const [before, after] = [pads.slice(0, sizes.length), pads.slice(sizes.length)];
  const round = numberOf(node, 'ceil_mode', 0) === 1 ? Math.ceil : Math.floor;
  const output = sizes.map((size, index) => {
    const [pad = 0, stride = 1] = [before[index], base.strides[index]];
    const padded = size + pad + (after[index] ?? 0);
    const steps = round((padded - reach(base.kernel[index] ?? 1, base.dilations[index] ?? 1)) / stride) + 1;
    // A window that would begin in the padding behind the input is left out.
    return round === Math.ceil && (steps - 1) * stride >= size + pad ? steps - 1 : steps;
  });
  if (base.kernel.length !== sizes.length || output.some((size) => size < 1))
    throw new GraphError(`The ${node.op} window ${shown(base.kernel)} does not fit into ${shown(sizes)}.`, node.name);
  return { ...base, before, after, output };
};

const conv: ShapeRule = (request) => {
  const [x, w] = [inputAt(request, 0), inputAt(request, 1)];
  const channels = (w.shape[1] ?? 0) * numberOf(request.node, 'group', 1);
  if (x.shape.length !== w.shape.length || channels !== x.shape[1])
    throw new GraphError(`The Conv weights ${shown(w.shape)} do not fit ${shown(x.shape)}.`, request.node.name);
  const { output } = windowOf(request.node, x.shape.slice(2), w.shape.slice(2));
  return [{ type: x.type, shape: [x.shape[0] ?? 0, w.shape[0] ?? 0, ...output] }];
};

const convTranspose: ShapeRule = (request) => {
  const { node } = request;
  const [x, w] = [inputAt(request, 0), inputAt(request, 1)];
  if (textOf(node, 'auto_pad', 'NOTSET') !== 'NOTSET' || intsOf(node, 'output_shape') !== undefined)
    throw new GraphError('A ConvTranspose is supported with explicit pads only.', node.name);
  const sizes = x.shape.slice(2);
  const [pads, strides] = [intsOf(node, 'pads') ?? [], intsOf(node, 'strides') ?? []];
  const [dilations, extra] = [intsOf(node, 'dilations') ?? [], intsOf(node, 'output_padding') ?? []];
  const output = sizes.map((size, index) => {
    const padding = (pads[index] ?? 0) + (pads[index + sizes.length] ?? 0);
    const span = reach(w.shape[index + 2] ?? 1, dilations[index] ?? 1);
    return (size - 1) * (strides[index] ?? 1) + (extra[index] ?? 0) + span - padding;
  });
  return [{ type: x.type, shape: [x.shape[0] ?? 0, (w.shape[1] ?? 0) * numberOf(node, 'group', 1), ...output] }];
};

const pool: ShapeRule = (request) => {
  const { type, shape } = inputAt(request, 0);
  const pooled = [...shape.slice(0, 2), ...windowOf(request.node, shape.slice(2)).output];
  return [
    { type, shape: pooled },
    { type: 'int64', shape: pooled },
  ];
};

/** Only with its output shape given; without it the shape would be ambiguous. */
const unpool: ShapeRule = (request) => [{ type: inputAt(request, 0).type, shape: elementsAt(request, 2) ?? [] }];

const globalPool: ShapeRule = (request) => {
  const { type, shape } = inputAt(request, 0);
  return [{ type, shape: shape.map((dim, index) => (index < 2 ? dim : 1)) }];
};

export const windows: Readonly<Record<string, ShapeRule>> = {
  Conv: conv,
  ConvTranspose: convTranspose,
  MaxPool: pool,
  MaxUnpool: unpool,
  AveragePool: pool,
  GlobalAveragePool: globalPool,
  GlobalMaxPool: globalPool,
};
