import { sizeOf } from '../model.ts';
import type { Architecture } from './blueprint.ts';
import { allowParams } from './blueprint.ts';
import { dense } from './layers.ts';

/** One layer: a linear regression, or a multinomial logistic regression. */
export const linear: Architecture = (blueprint) => {
  allowParams(blueprint, 'linear', []);
  const { assembly, input, inputShape, outputs, output } = blueprint;
  const flat = inputShape.length === 1 ? input : assembly.add('Flatten', [input]);
  dense(blueprint, flat, { name: 'output', inputs: sizeOf(inputShape), outputs, gain: 1, output });
};
