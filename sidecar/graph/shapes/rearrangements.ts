import { intsOf, numberOf } from '../attributes.ts';
import { GraphError } from '../graph-error.ts';
import type { Node } from '../model.ts';
import { sizeOf } from '../model.ts';
import { rearranged, spreadTo } from './known-elements.ts';
import type { Known, ShapeRequest, ShapeRule } from './rule.ts';
import { axisOf, broadcast, elementsAt, inputAt, listAt, shown } from './rule.ts';

const reshape: ShapeRule = (request) => {
  const { type, shape, elements } = inputAt(request, 0);
  const target = listAt(request, 'shape', 1) ?? [];
  const keepZero = numberOf(request.node, 'allowzero', 0) === 1;
  const dims = target.map((dim, index) => (dim === 0 && !keepZero ? (shape[index] ?? 0) : dim));
  const rest = dims.filter((dim) => dim !== -1);
  const open = sizeOf(shape) / Math.max(sizeOf(rest), 1);
  const full = dims.map((dim) => (dim === -1 ? open : dim));
  if (sizeOf(full) !== sizeOf(shape) || !full.every(Number.isInteger))
    throw new GraphError(`Reshape cannot turn ${shown(shape)} into ${shown(target)}.`, request.node.name);
  return [{ type, shape: full, ...(elements && { elements }) }];
};

const flatten: ShapeRule = (request) => {
  const { type, shape } = inputAt(request, 0);
  const axis = axisOf(numberOf(request.node, 'axis', 1), shape.length);
  return [{ type, shape: [sizeOf(shape.slice(0, axis)), sizeOf(shape.slice(axis))] }];
};

/** The order of axes that a Transpose asks for; reversed where it names none. */
export const permutationOf = (node: Node, rank: number): readonly number[] =>
  intsOf(node, 'perm') ?? Array.from({ length: rank }, (_, index) => rank - 1 - index);

const transpose: ShapeRule = (request) => {
  const value = inputAt(request, 0);
  const order = permutationOf(request.node, value.shape.length);
  const shape = order.map((axis) => value.shape[axis] ?? 0);
  return [
    {
      type: value.type,
      shape,
      ...rearranged(value, shape, (place) => order.map((_, axis) => place[order.indexOf(axis)] ?? 0)),
    },
  ];
};

const squeeze: ShapeRule = (request) => {
  const { type, shape, elements } = inputAt(request, 0);
  const axes = listAt(request, 'axes', 1)?.map((axis) => axisOf(axis, shape.length));
  const kept = shape.filter((dim, index) => (axes === undefined ? dim !== 1 : !axes.includes(index)));
  return [{ type, shape: kept, ...(elements && { elements }) }];
};

const unsqueeze: ShapeRule = (request) => {
  const { type, shape, elements } = inputAt(request, 0);
  const axes = listAt(request, 'axes', 1) ?? [];
  const rank = shape.length + axes.length;
  const added = new Set(axes.map((axis) => axisOf(axis, rank)));
  const rest = shape.values();
  const full = Array.from({ length: rank }, (_, index) => (added.has(index) ? 1 : (rest.next().value ?? 1)));
  return [{ type, shape: full, ...(elements && { elements }) }];
};

const concat: ShapeRule = (request) => {
  const parts = request.inputs.map((_, index) => inputAt(request, index));
  const first = inputAt(request, 0);
  const axis = axisOf(numberOf(request.node, 'axis', 0), first.shape.length);
  const length = parts.reduce((sum, { shape }) => sum + (shape[axis] ?? 0), 0);
  const known = first.shape.length === 1 && parts.every(({ elements }) => elements !== undefined);
  for (const { shape } of parts)
    if (shape.length !== first.shape.length || shape.some((dim, at) => at !== axis && dim !== first.shape[at]))
      throw new GraphError(`Concat cannot join ${shown(first.shape)} and ${shown(shape)}.`, request.node.name);
  return [
    {
      type: first.type,
      shape: first.shape.with(axis, length),
      ...(known && { elements: parts.flatMap(({ elements }) => elements ?? []) }),
    },
  ];
};

/** Lengths of the parts of a Split along its axis. */
export const splitLengths = (request: ShapeRequest): readonly number[] => {
  const { shape } = inputAt(request, 0);
  const length = shape[axisOf(numberOf(request.node, 'axis', 0), shape.length)] ?? 0;
  const given = listAt(request, 'split', 1);
  if (given !== undefined) return given;
  const parts = request.node.outputs.length;
  const each = Math.ceil(length / parts);
  return Array.from({ length: parts }, (_, index) => Math.min(each, length - index * each));
};

const split: ShapeRule = (request) => {
  const { type, shape } = inputAt(request, 0);
  const axis = axisOf(numberOf(request.node, 'axis', 0), shape.length);
  return splitLengths(request).map((length) => ({ type, shape: shape.with(axis, length) }));
};

/** One axis of a Slice with every index made explicit. */
export interface Cut {
  readonly axis: number;
  readonly start: number;
  readonly step: number;
  readonly length: number;
}

/** Source: ONNX Operators, Slice (clamping of starts and ends). */
export const cutsOf = (request: ShapeRequest): readonly Cut[] => {
  const { shape } = inputAt(request, 0);
  const starts = listAt(request, 'starts', 1) ?? [];
  const ends = listAt(request, 'ends', 2) ?? [];
  const axes = listAt(request, 'axes', 3) ?? starts.map((_, index) => index);
  const steps = elementsAt(request, 4) ?? starts.map(() => 1);
  return starts.map((given, index) => {
    const axis = axisOf(axes[index] ?? 0, shape.length);
    const size = shape[axis] ?? 0;
    const step = steps[index] ?? 1;
    const [lowest, highest] = step > 0 ? [0, size] : [-1, size - 1];
    const clamp = (at: number, least: number) => Math.min(Math.max(at < 0 ? at + size : at, least), highest);
    const start = clamp(given, 0);
    const end = clamp(ends[index] ?? size, lowest);
    return { axis, start, step, length: Math.max(Math.ceil((end - start) / step), 0) };
  });
};

const slice: ShapeRule = (request) => {
  const value = inputAt(request, 0);
  const cuts = cutsOf(request);
  const shape = cuts.reduce<readonly number[]>((kept, { axis, length }) => kept.with(axis, length), value.shape);
  const from = (place: readonly number[]) =>
    cuts.reduce((at, { axis, start, step }) => at.with(axis, start + (place[axis] ?? 0) * step), place);
  return [{ type: value.type, shape, ...rearranged(value, shape, from) }];
};

/** Cells added before and after each axis by a Pad. */
export const padsOf = (request: ShapeRequest): readonly (readonly [number, number])[] => {
  const { shape } = inputAt(request, 0);
  const given = listAt(request, 'pads', 1) ?? [];
  const axes = elementsAt(request, 3) ?? shape.map((_, index) => index);
  const pads = shape.map((): readonly [number, number] => [0, 0]);
  for (const [index, axis] of axes.entries())
    pads[axisOf(axis, shape.length)] = [given[index] ?? 0, given[index + axes.length] ?? 0];
  return pads;
};

const pad: ShapeRule = (request) => {
  const { type, shape } = inputAt(request, 0);
  const pads = padsOf(request);
  return [{ type, shape: shape.map((dim, index) => dim + (pads[index]?.[0] ?? 0) + (pads[index]?.[1] ?? 0)) }];
};

const expand: ShapeRule = (request) => {
  const value = inputAt(request, 0);
  const shape = broadcast(value.shape, elementsAt(request, 1) ?? [], request.node);
  return [{ type: value.type, shape, ...spreadTo(value, shape) }];
};

const tile: ShapeRule = (request) => {
  const value = inputAt(request, 0);
  const repeats = elementsAt(request, 1) ?? [];
  const shape = value.shape.map((dim, index) => dim * (repeats[index] ?? 1));
  const from = (place: readonly number[]) => place.map((at, axis) => at % (value.shape[axis] ?? 1));
  return [{ type: value.type, shape, ...rearranged(value, shape, from) }];
};

const gather: ShapeRule = (request) => {
  const [data, indices] = [inputAt(request, 0), inputAt(request, 1)];
  const axis = axisOf(numberOf(request.node, 'axis', 0), data.shape.length);
  const shape = [...data.shape.slice(0, axis), ...indices.shape, ...data.shape.slice(axis + 1)];
  return [{ type: data.type, shape, ...gathered(data, indices, axis, shape) }];
};

const gathered = (data: Known, indices: Known, axis: number, shape: readonly number[]): Pick<Known, 'elements'> => {
  const { elements, shape: among } = indices;
  if (elements === undefined) return {};
  const size = data.shape[axis] ?? 1;
  return rearranged(data, shape, (place) => {
    const chosen = place.slice(axis, axis + among.length);
    const at = chosen.reduce((sum, step, index) => sum * (among[index] ?? 1) + step, 0);
    return [...place.slice(0, axis), axisOf(elements[at] ?? 0, size), ...place.slice(axis + among.length)];
  });
};

const gatherElements: ShapeRule = (request) => [{ type: inputAt(request, 0).type, shape: inputAt(request, 1).shape }];

const scatter: ShapeRule = (request) => {
  const { type, shape } = inputAt(request, 0);
  return [{ type, shape }];
};

const resize: ShapeRule = (request) => {
  const { type, shape } = inputAt(request, 0);
  const scales = elementsAt(request, 2) ?? [];
  const sizes = elementsAt(request, 3);
  if (sizes !== undefined && sizes.length > 0) return [{ type, shape: sizes }];
  return [{ type, shape: shape.map((dim, index) => Math.floor(dim * (scales[index] ?? 1))) }];
};

const shapeOf: ShapeRule = (request) => {
  const { shape } = inputAt(request, 0);
  const start = axisOf(numberOf(request.node, 'start', 0), shape.length);
  const end = axisOf(numberOf(request.node, 'end', shape.length), shape.length);
  const elements = shape.slice(start, end);
  return [{ type: 'int64', shape: [elements.length], elements }];
};

const count: ShapeRule = (request) => [{ type: 'int64', shape: [], elements: [sizeOf(inputAt(request, 0).shape)] }];

const range: ShapeRule = (request) => {
  const [start = 0, limit = 0, step = 1] = [0, 1, 2].map((index) => elementsAt(request, index)?.[0]);
  const length = Math.max(Math.ceil((limit - start) / step), 0);
  const elements = Array.from({ length }, (_, index) => start + index * step);
  return [{ type: inputAt(request, 0).type, shape: [length], elements }];
};

export const rearrangements: Readonly<Record<string, ShapeRule>> = {
  Reshape: reshape,
  Flatten: flatten,
  Transpose: transpose,
  Squeeze: squeeze,
  Unsqueeze: unsqueeze,
  Concat: concat,
  Split: split,
  Slice: slice,
  Pad: pad,
  Expand: expand,
  Tile: tile,
  Gather: gather,
  GatherElements: gatherElements,
  ScatterElements: scatter,
  ScatterND: scatter,
  Resize: resize,
  Shape: shapeOf,
  Size: count,
  Range: range,
};
