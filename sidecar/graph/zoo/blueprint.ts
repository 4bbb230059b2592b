import type { Assembly } from '../assembly.ts';
import { GraphError } from '../graph-error.ts';
import type { Random } from '../random.ts';

/** What an architecture is built with. */
export interface Blueprint {
  readonly assembly: Assembly;
  readonly random: Random;
  readonly params: Readonly<Record<string, unknown>>;
  /** Name of the normalised input, `[N, ...inputShape]`. */
  readonly input: string;
  /** `[channels, height, width]` or `[columns]`. */
  readonly inputShape: readonly number[];
  /** Name that the last value must get, `[N, outputs]`. */
  readonly output: string;
  readonly outputs: number;
  /** Adds a trainable tensor and returns its name. */
  readonly parameter: (name: string, dims: readonly number[], data: Float32Array) => string;
  /** Notes a choice that was made for the user, such as the stem, among the model's metadata. */
  readonly tell: (what: string, choice: string) => void;
}

/** Builds the layers between a blueprint's input and its output. */
export type Architecture = (blueprint: Blueprint) => void;

/** A list of sizes among the parameters, such as `hidden: [256, 128]`; a single number is a list of one. */
export const sizesParam = (blueprint: Blueprint, name: string, otherwise: readonly number[]): readonly number[] => {
  const given = blueprint.params[name];
  if (given === undefined) return otherwise;
  const sizes: readonly unknown[] = Array.isArray(given) ? given : [given];
  if (!sizes.every(isSize)) throw new GraphError(`model.params.${name} must be whole numbers above 0.`);
  return sizes;
};

const isSize = (value: unknown): value is number => Number.isInteger(value) && Number(value) > 0;

/** A share among the parameters, such as `dropout: 0.2`. */
export const shareParam = (blueprint: Blueprint, name: string, otherwise: number): number => {
  const given = blueprint.params[name] ?? otherwise;
  if (typeof given !== 'number' || !(given >= 0 && given < 1))
    throw new GraphError(`model.params.${name} must be a number from 0 to below 1.`);
  return given;
};

/** Refuses parameters that the architecture does not know, so that a misspelt one is not lost in silence. */
export const allowParams = (blueprint: Blueprint, architecture: string, known: readonly string[]): void => {
  const stranger = Object.keys(blueprint.params).find((name) => !known.includes(name));
  if (stranger === undefined) return;
  const list = known.length === 0 ? 'none' : known.join(', ');
  throw new GraphError(`The model “${architecture}” has no parameter “${stranger}”. It knows: ${list}.`);
};
