import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { z } from 'zod';
import { RunId } from '../../../sidecar/contract/ids.ts';
import { routes, type RouteName } from '../../../sidecar/contract/routes.ts';

const names = Object.keys(routes) as RouteName[];
const fieldsOf = (name: RouteName): string[] => Object.keys((routes[name].input as z.ZodObject).shape);

test('every route has a name that is a verb in camel case, and takes one object', () => {
  for (const name of names) {
    expect(name).toMatch(/^[a-z]+([A-Z][a-z]+)*$/);
    for (const junk of [null, undefined, 1, 'text', true, []])
      expect(routes[name].input.safeParse(junk).success).toBe(false);
  }
});

test('a field of the wrong kind is refused by every route, and named', () => {
  const junk = fc.constantFrom<unknown>([[]], { a: { b: [] } }, [null], [{}]);
  for (const name of names) {
    for (const field of fieldsOf(name)) {
      fc.assert(
        fc.property(junk, (value) => {
          const checked = routes[name].input.safeParse({ [field]: value });
          expect(checked.success, `${name}.${field}`).toBe(false);
          expect(checked.error?.issues.some((issue) => issue.path[0] === field)).toBe(true);
        }),
        { numRuns: 4 },
      );
    }
  }
});

test('a request that has been read once reads the same again: a client may fill in the defaults', () => {
  const requests: { [Name in RouteName]?: object } = {
    startRun: { configuration: 'config/training.yaml' },
    listRuns: { limit: '5' },
    getCurves: { runs: ['r1'] },
    getLog: { run: 'r1' },
    promoteModel: { model: 'a', version: 1 },
    rollbackModel: { model: 'a' },
    restoreDataset: { dataset: 'a', version: 1 },
  };
  for (const [name, request] of Object.entries(requests)) {
    const once = routes[name as RouteName].input.parse(request);
    expect(routes[name as RouteName].input.parse(once)).toEqual(once);
    expect(Object.keys(once)).toEqual(expect.arrayContaining(Object.keys(request)));
  }
});

test('numbers in a query may be text, and stay within their bounds', () => {
  expect(routes.listRuns.input.parse({ limit: '7' }).limit).toBe(7);
  for (const limit of ['', '0', '-1', '1.5', 'many', '10001']) {
    expect(routes.listRuns.input.safeParse({ limit }).success, limit).toBe(false);
  }
  for (const runs of [[], Array.from({ length: 9 }, () => 'r1'), ['r0'], ['1'], ['R1']]) {
    expect(routes.getCurves.input.safeParse({ runs }).success).toBe(false);
  }
});

test('a run is named r and a number without leading zero', () => {
  fc.assert(
    fc.property(fc.integer({ min: 1 }), (number) => {
      expect(RunId.parse(`r${number}`)).toBe(`r${number}`);
      expect(RunId.safeParse(`r0${number}`).success).toBe(false);
      expect(RunId.safeParse(`r${number}/../x`).success).toBe(false);
    }),
  );
});

test('an alias is a plain word, so that it can stand in a path and in a shell', () => {
  for (const alias of ['champion', 'canary', 'a', 'b-2_c']) {
    expect(routes.promoteModel.input.safeParse({ model: 'm', version: 1, alias }).success).toBe(true);
  }
  for (const alias of ['', 'Champion', '2nd', 'a b', 'a/b', 'x'.repeat(41), '-a']) {
    expect(routes.promoteModel.input.safeParse({ model: 'm', version: 1, alias }).success, alias).toBe(false);
  }
});
