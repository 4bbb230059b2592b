import { GraphError } from './graph-error.ts';
import type { Model } from './model.ts';
import { trainableParameters } from './parameters.ts';
import { headWeights } from './weights/places.ts';

/** What stays as it is: nothing, all but the head, or weights whose names match one of the patterns. */
export type Freeze = 'none' | 'backbone' | readonly string[];

/**
 * The weights that training leaves alone. `*` in a pattern stands for any characters: `layer1.*`.
 * @throws GraphError for a pattern that no weight matches, and where nothing would be left to train
 */
export const frozenWeights = (model: Model, freeze: Freeze): readonly string[] => {
  const names = trainableParameters(model.graph).map(({ name }) => name);
  const frozen = freeze === 'none' ? [] : freeze === 'backbone' ? backbone(model, names) : matching(names, freeze);
  if (names.length > 0 && frozen.length === names.length)
    throw new GraphError('model.freeze covers every weight, so that nothing is left to train.');
  return frozen;
};

const backbone = ({ graph }: Model, names: readonly string[]): readonly string[] => {
  const head = headWeights(graph);
  return names.filter((name) => !head.has(name));
};

const matching = (names: readonly string[], patterns: readonly string[]): readonly string[] => {
  const tests = patterns.map((pattern) => ({ pattern, test: toExpression(pattern) }));
  const idle = tests.find(({ test }) => !names.some((name) => test.test(name)));
  if (idle !== undefined)
    throw new GraphError(
      `No weight is called “${idle.pattern}” (model.freeze). There are ${groupsOf(names).join(', ')}; * stands for any characters.`,
    );
  return names.filter((name) => tests.some(({ test }) => test.test(name)));
};

const toExpression = (pattern: string): RegExp =>
  new RegExp(`^${pattern.replace(/[.+?^${}()|[\]\\]/g, '\\$&').replaceAll('*', '.*')}$`);

/** `layer1.*`, `fc.*`, …: the first words of the names. */
const groupsOf = (names: readonly string[]): readonly string[] => [
  ...new Set(names.map((name) => (name.includes('.') ? `${name.split('.')[0] ?? ''}.*` : name))),
];
