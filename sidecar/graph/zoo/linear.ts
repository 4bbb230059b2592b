import { sizeOf } from '../model.ts';
import type { Architecture } from './blueprint.ts';
import { allowParams } from './blueprint.ts';
import { dense } from './layers.ts';
import { flattened } from './mlp.ts';

/** One layer: a linear regression, or a multinomial logistic regression. */
export const linear: Architecture = (blueprint) => {
  allowParams(blueprint, 'linear', []);
  const { inputShape, outputs, output } = blueprint;
  dense(blueprint, flattened(blueprint), { name: 'output', inputs: sizeOf(inputShape), outputs, gain: 1, output });
};
