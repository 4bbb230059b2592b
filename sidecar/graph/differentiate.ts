import type { Assembly } from './assembly.ts';
import { cellwiseSite, keepCellwise } from './blocked/cellwise.ts';
import { GraphError } from './graph-error.ts';
import { activations } from './gradients/activations.ts';
import { arithmetic } from './gradients/arithmetic.ts';
import { convolutions } from './gradients/convolution.ts';
import { normalizations } from './gradients/normalization.ts';
import { pooling } from './gradients/pooling.ts';
import { products } from './gradients/products.ts';
import { rearrangements } from './gradients/rearrangements.ts';
import { reductions } from './gradients/reductions.ts';
import type { BackwardSite, GradientRule, Mask, Saved } from './gradients/rule.ts';
import type { Graph, Node } from './model.ts';
import type { Shapes } from './shapes.ts';
import { wayOut } from './ways-out.ts';

const rules = new Map<string, GradientRule>(
  Object.entries({
    ...activations,
    ...arithmetic,
    ...convolutions,
    ...normalizations,
    ...pooling,
    ...products,
    ...rearrangements,
    ...reductions,
  }),
);

/** Operators that can lie between a loss and what is trained. */
export const differentiableOperators: readonly string[] = [...rules.keys()].toSorted();

export interface ForwardPass {
  readonly graph: Graph;
  readonly shapes: Shapes;
  /** Receives the nodes; its prefix must be new to the graph. */
  readonly assembly: Assembly;
  /** Values whose gradients are asked for. */
  readonly wanted: readonly string[];
  /** `training`: dropout drops, batch normalization uses the batch. `inference`: everything as in the graph. */
  readonly mode: 'training' | 'inference';
  /**
   * `recipes`, the default: operators in the form that the rules here differentiate. `plain`: as they are, for an
   * engine that differentiates them itself.
   */
  readonly form?: 'recipes' | 'plain';
  /** Initializers that stay as they are: a batch normalization that is scaled by one keeps to its running statistics. */
  readonly frozen?: ReadonlySet<string>;
}

/** The nodes of a forward pass are in place; gradients can follow. */
export interface Tape {
  readonly masks: readonly Mask[];
  /** What running statistics have become, by initializer. */
  readonly updates: ReadonlyMap<string, string>;
  /**
   * Emits the backward pass from gradients of values of the graph, and returns those of the wanted values.
   * A wanted value that does not lead to any of the given ones has none.
   */
  readonly backward: (seeds: ReadonlyMap<string, string>) => ReadonlyMap<string, string>;
}

/**
 * Emits the graph's nodes in the form that training needs and returns what takes them back: reverse-mode automatic
 * differentiation over the graph, one rule an operator. Gradients are built only between wanted values and seeds.
 */
export const recordForward = (pass: ForwardPass): Tape => {
  const { graph, assembly, mode, form } = pass;
  const masks: Mask[] = [];
  const updates = new Map<string, string>();
  const kept = new Map<Node, Saved>();
  for (const node of graph.nodes) {
    const rule = rules.get(node.op);
    const learns = mode === 'training' && !isFrozen(pass, node);
    const emit = (learns ? rule?.training : undefined) ?? (form === 'plain' ? undefined : rule?.forward);
    if (emit === undefined) {
      if (!keepCellwise(siteOf(pass, node))) assembly.keep(node);
      continue;
    }
    const saved = emit({
      ...siteOf(pass, node),
      mask: (dims, share) => {
        const name = `mask${masks.length}`;
        masks.push({ name, dims, share });
        return name;
      },
      update: (initializer, value) => void updates.set(initializer, value),
    });
    kept.set(node, saved);
  }
  return { masks, updates, backward: (seeds) => takeBack(pass, kept, seeds) };
};

/** A normalization whose scale is frozen, or whose running statistics are computed and could not be moved. */
const isFrozen = ({ graph, frozen }: ForwardPass, { op, inputs }: Node): boolean => {
  if (op !== 'BatchNormalization') return false;
  const [, scale = '', , mean = ''] = inputs;
  return frozen?.has(scale) === true || !graph.initializers.some(({ name }) => name === mean);
};

const siteOf = ({ assembly, shapes }: ForwardPass, node: Node) => ({
  node,
  assembly,
  shapes,
  inputs: node.inputs.map((name) => shapes.get(name)),
});

const takeBack = (
  pass: ForwardPass,
  kept: ReadonlyMap<Node, Saved>,
  seeds: ReadonlyMap<string, string>,
): ReadonlyMap<string, string> => {
  const { graph, assembly, shapes, wanted } = pass;
  const leading = leadingFrom(graph, shapes, wanted);
  const gradients = new Map<string, string>(seeds);
  for (const node of graph.nodes.toReversed()) {
    const dys = node.outputs.map((name) => gradients.get(name));
    const wants = (index: number) => leading.has(node.inputs[index] ?? '');
    if (dys.every((dy) => dy === undefined) || !node.inputs.some((_, index) => wants(index))) continue;
    const rule = ruleOf(node);
    const dy = dys[0] ?? '';
    const site = { ...siteOf(pass, node), saved: kept.get(node) ?? {}, dy, dys, wants };
    for (const [index, gradient] of takeBackNode(rule, site).entries())
      if (gradient !== undefined && wants(index)) addTo(gradients, node.inputs[index] ?? '', gradient, assembly);
  }
  return new Map(wanted.flatMap((name) => entryOf(gradients, name)));
};

const takeBackNode = (rule: GradientRule, site: BackwardSite): ReturnType<GradientRule['backward']> => {
  const cells = cellwiseSite(site);
  if (cells === undefined) return rule.backward(site);
  return rule.backward(cells.site).map((gradient) => (gradient === undefined ? undefined : cells.named(gradient)));
};

const ruleOf = (node: Node): GradientRule => {
  const rule = node.domain === '' ? rules.get(node.op) : undefined;
  if (rule === undefined)
    throw new GraphError(`The operator ${node.op} has no gradient here.`, node.name, wayOut(node.op));
  return rule;
};

/** A value that several nodes read gets the sum of what they give it. */
const addTo = (gradients: Map<string, string>, name: string, gradient: string, assembly: Assembly): void => {
  const before = gradients.get(name);
  gradients.set(name, before === undefined ? gradient : sumOf(assembly, before, gradient));
};

const sumOf = (assembly: Assembly, left: string, right: string): string => {
  const { blocked } = assembly;
  if (blocked?.has(left) !== true || !blocked.has(right)) return assembly.add('Add', [left, right]);
  return blocked.like(left, blocked.addPlain('Add', [blocked.of(left), blocked.of(right)]));
};

const entryOf = (gradients: ReadonlyMap<string, string>, name: string): readonly [string, string][] => {
  const gradient = gradients.get(name);
  return gradient === undefined ? [] : [[name, gradient]];
};

/** Every value that a wanted one leads to. Whole numbers and conditions carry no gradient. */
const leadingFrom = (graph: Graph, shapes: Shapes, wanted: readonly string[]): ReadonlySet<string> => {
  const leading = new Set(wanted);
  for (const node of graph.nodes) {
    if (!node.inputs.some((name) => leading.has(name))) continue;
    for (const name of node.outputs) if (shapes.get(name)?.type === 'float32') leading.add(name);
  }
  return leading;
};
