import { expect, test } from 'vitest';
import { operatorsPage, writtenOperatorsPage } from '../../../tools/operators.ts';

test('docs/operators.md lists what the tables of the graph hold; `node tools/operators.ts` writes it', async () => {
  expect(await writtenOperatorsPage()).toBe(await operatorsPage());
});
