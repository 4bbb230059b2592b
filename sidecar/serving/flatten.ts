import { isList } from './json-body.ts';
import { badRequest } from './reply.ts';

const DEEPEST = 8;

/**
 * Numbers of a nested or flat JSON list, row-major.
 * @param count how many there must be
 * @throws Refusal 400 when there are more or fewer, or something in it is no number
 */
export const flatten = (data: unknown, count: number, what: string): Float32Array => {
  const floats = new Float32Array(count);
  const filled = fill(data, floats, 0, DEEPEST, what);
  if (filled !== count) throw wrongCount(what, filled < count ? `${filled}` : `more than ${count}`, count);
  return floats;
};

/** @returns the index behind the last number written */
const fill = (data: unknown, floats: Float32Array, from: number, depth: number, what: string): number => {
  if (!isList(data)) throw badRequest(`${what} must be a list of numbers.`);
  if (depth === 0) throw badRequest(`${what} is nested deeper than ${DEEPEST} lists.`);
  let at = from;
  for (const value of data) {
    if (isList(value)) {
      at = fill(value, floats, at, depth - 1, what);
    } else {
      // Beyond the end the write has no effect; the count below tells.
      floats[at] = typeof value === 'number' ? value : toNumber(value, what);
      at += 1;
    }
    if (at > floats.length) throw wrongCount(what, `more than ${floats.length}`, floats.length);
  }
  return at;
};

const toNumber = (value: unknown, what: string): number => {
  if (typeof value === 'boolean') return value ? 1 : 0;
  throw badRequest(`${what} holds ${describe(value)}, which is not a number.`);
};

const wrongCount = (what: string, got: string, count: number) =>
  badRequest(`${what} holds ${got} numbers, ${count} are expected.`);

/** A foreign value for a message: short, and as JSON, so that it cannot be mistaken for our own words. */
export const describe = (value: unknown): string => {
  const text = JSON.stringify(value) as string | undefined;
  return text === undefined ? 'nothing' : text.length > 40 ? `${text.slice(0, 37)}…` : text;
};
