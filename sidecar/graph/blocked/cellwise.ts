import type { BackwardSite, Site } from '../gradients/rule.ts';
import type { Node } from '../model.ts';
import { dimAt, sizeOf } from '../model.ts';
import type { Shapes } from '../shapes.ts';
import type { Known } from '../shapes/rule.ts';
import type { BlockedValues } from './values.ts';

/** Operators that treat every cell of equal shapes alike, whatever the layout, in both directions. */
const cellwise = new Set([
  'Add',
  'Clip',
  'HardSigmoid',
  'HardSwish',
  'Identity',
  'LeakyRelu',
  'Mul',
  'Neg',
  'Relu',
  'Sigmoid',
  'Sub',
  'Tanh',
]);

interface Cells {
  readonly blocked: BlockedValues;
  readonly channels: number;
}

/** Blocked values that a cellwise operator can run on: its inputs are of one shape or scalars, and one is blocked. */
const cellsOf = ({ node, assembly, shapes }: Site): Cells | undefined => {
  const { blocked } = assembly;
  if (blocked === undefined || node.domain !== '' || !cellwise.has(node.op)) return undefined;
  const shape = shapeAt(shapes, node.outputs[0] ?? '');
  const channels = dimAt(shape, 1);
  if (shape.length !== 4 || channels % blocked.block !== 0) return undefined;
  const wholes = node.inputs.filter((name) => shapeAt(shapes, name).join() === shape.join());
  const fits = node.inputs.every((name) => wholes.includes(name) || isScalar(name, shapes));
  return fits && wholes.some(blocked.has) ? { blocked, channels } : undefined;
};

const shapeAt = (shapes: Shapes, name: string): readonly number[] => shapes.get(name)?.shape ?? [];

const isScalar = (name: string, shapes: Shapes): boolean => name === '' || sizeOf(shapes.get(name)?.shape ?? [0]) === 1;

/** Emits a cellwise operator on blocked values; false where it is not one. */
export const keepCellwise = (site: Site): boolean => {
  const cells = cellsOf(site);
  if (cells === undefined) return false;
  const { node, shapes } = site;
  const { blocked, channels } = cells;
  const inputs = node.inputs.map((name) => (isMap(name, shapes) ? blocked.of(name) : name));
  const [output = ''] = node.outputs;
  blocked.declare(output, blocked.addPlain(node.op, inputs, node.attributes), channels);
  return true;
};

const isMap = (name: string, shapes: Shapes): boolean => shapes.get(name)?.shape.length === 4;

/** The site with its values in blocked form, and how gradients made there are called; undefined where it does not fit. */
export const cellwiseSite = (
  site: BackwardSite,
): { readonly site: BackwardSite; readonly named: (gradient: string) => string } | undefined => {
  const cells = cellsOf(site);
  if (cells === undefined || Object.keys(site.saved).length > 0) return undefined;
  const { blocked, channels } = cells;
  const { node, shapes, dy } = site;
  if (node.inputs.some((name, index) => site.wants(index) && !isMap(name, shapes))) return undefined;
  const overlay = new Map<string, Known>(shapes);
  const turn = (name: string): string => {
    const known = shapes.get(name);
    if (known === undefined || !isMap(name, shapes)) return name;
    const turned = blocked.of(name);
    overlay.set(turned, known);
    return turned;
  };
  const turnedNode: Node = { ...node, inputs: node.inputs.map(turn), outputs: node.outputs.map(turn) };
  const turnedDy = blocked.of(dy);
  return {
    site: { ...site, node: turnedNode, shapes: overlay, dy: turnedDy, dys: [turnedDy] },
    named: (gradient) => {
      const value = site.assembly.name();
      blocked.declare(value, gradient, channels);
      return value;
    },
  };
};
