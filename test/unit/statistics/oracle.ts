import { readFileSync } from 'node:fs';
import { expect } from 'vitest';

const named = new Map<unknown, number>([
  ['NaN', NaN],
  ['Infinity', Infinity],
  ['-Infinity', -Infinity],
]);

/** A fixture file with its numbers decoded. Shapes differ from file to file; the test that reads one names them. */
export const oracle = (name: string): unknown => {
  const text = readFileSync(new URL(`../../fixtures/statistics/${name}.json`, import.meta.url), 'utf8');
  return JSON.parse(text, (_, value: unknown) => named.get(value) ?? value);
};

/** Equal within `relative`, NaN to NaN and infinity to infinity. */
export const expectNear = (actual: number, wanted: number, relative = 1e-9, what = ''): void => {
  if (!Number.isFinite(wanted)) return expect(actual, what).toBe(wanted);
  const allowed = Math.max(1e-12, Math.abs(wanted) * relative);
  expect(Math.abs(actual - wanted), `${what}: ${actual} instead of ${wanted}`).toBeLessThanOrEqual(allowed);
};

/** p-values agree within 1e-6 relative; below 1e-12 in their order of magnitude. */
export const expectSameP = (actual: number, wanted: number, what = ''): void => {
  if (wanted > 1e-12 || Number.isNaN(wanted)) return expectNear(actual, wanted, 1e-6, what);
  expect(actual, what).toBeLessThan(Math.max(1e-15, wanted * 10));
};

/** The linear congruential stream of the fixtures' recipes. */
export const lcg = (seed: number): (() => number) => {
  let x = seed >>> 0;
  return () => (x = (Math.imul(x, 1664525) + 1013904223) >>> 0) / 4294967296;
};

interface Recipe {
  recipe: string;
  seed: number;
  n: number;
  add: number;
  mul: number;
}

/** A sample of a fixture: listed, or made by its recipe. Missing and infinite values are left out. */
export const sample = (given: (number | null)[] | Recipe): number[] => {
  if (Array.isArray(given)) return given.filter((value): value is number => value !== null && Number.isFinite(value));
  const next = lcg(given.seed);
  const draw = given.recipe === 'uniform' ? next : () => Array.from({ length: 12 }, next).reduce((a, b) => a + b) - 6;
  return Array.from({ length: given.n }, () => draw() * given.mul + given.add);
};
