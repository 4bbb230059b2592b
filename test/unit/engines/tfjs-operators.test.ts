import { expect, test } from 'vitest';
import { interpretedOperators } from '../../../sidecar/engines/tfjs/interpret.ts';
import { differentiableOperators } from '../../../sidecar/graph/differentiate.ts';
import { describeOperators } from './operators.ts';

describeOperators('cpu');

test('every operator that has a gradient in the graph is known to the interpreter', () => {
  const known = new Set(interpretedOperators);
  expect(differentiableOperators.filter((operator) => !known.has(operator))).toEqual([]);
});
