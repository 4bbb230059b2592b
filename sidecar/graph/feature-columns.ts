import type { Assembly } from './assembly.ts';
import { intAttribute } from './attributes.ts';
import type { Attributes } from './model.ts';
import { runtimeDomain } from './model.ts';

/** Nodes that turn one raw column `[N, 1]`, float64 or text, into float32 numbers `[N, K]`. */
export interface ColumnGraph {
  /** `(x − shift) ÷ scale` in float64, a missing value (NaN) replaced before. */
  readonly scaled: (column: string, how: { fill: number; shift: number; scale: number }) => string;
  /** `log(1 + x)`, a missing value replaced before. */
  readonly log1p: (column: string, fill: number) => string;
  /** One cell a category; with `others` one more, for every text that is not listed and not empty. */
  readonly oneHot: (column: string, categories: readonly string[], unlisted: 'zeros' | 'others') => string;
  /** One cell a bucket, by the MurmurHash3 (32 bits, seed 0) of the text; an empty text gives zeros. */
  readonly hashed: (column: string, buckets: number) => string;
  /** One cell an interval between ascending boundaries; a missing value gives zeros. */
  readonly bucketed: (column: string, boundaries: readonly number[]) => string;
  /** Year, month, day, weekday (Monday is 0) and hour in UTC of seconds since 1970, each with its own fill. */
  readonly calendar: (column: string, fill: readonly number[]) => string;
}

const float = 1;
const integer = 7;
const SECONDS_OF_A_DAY = 86_400;

/** @param prefix begins the names of values that the assembly cannot name: those of operators beyond the standard */
export const createColumnGraph = (assembly: Assembly, prefix: string): ColumnGraph => {
  const { add } = assembly;
  let foreigners = 0;
  const doubles = (values: readonly number[], dims: readonly number[] = [1, values.length]): string =>
    add('Constant', [], {
      value: { kind: 'tensor', value: { name: '', type: 'float64', dims, data: Float64Array.from(values) } },
    });
  const cast = (value: string, to: number): string => add('Cast', [value], { to: intAttribute(to) });
  const isMissing = (column: string) => add('IsNaN', [column]);
  const filled = (value: string, missing: string, fill: number) => add('Where', [missing, doubles([fill]), value]);
  const foreign = (domain: string, op: string, input: string, attributes: Attributes): string => {
    const output = `${prefix}${op}${foreigners++}`;
    assembly.keep({ name: `${output}.node`, op, domain, inputs: [input], outputs: [output], attributes });
    return output;
  };
  /** The number of a text in the list, or another number. */
  const codes = (column: string, texts: readonly string[], values: readonly number[], otherwise: number): string =>
    foreign('ai.onnx.ml', 'LabelEncoder', column, {
      keys_strings: { kind: 'strings', value: texts },
      values_int64s: { kind: 'ints', value: values },
      default_int64: intAttribute(otherwise),
    });
  const cells = (code: string, count: number): string =>
    cast(add('Equal', [code, assembly.ints([...new Array(count).keys()], [1, count])]), float);

  return {
    scaled: (column, { fill, shift, scale }) => {
      const value = filled(column, isMissing(column), fill);
      return cast(add('Div', [add('Sub', [value, doubles([shift])]), doubles([scale])]), float);
    },
    log1p: (column, fill) =>
      cast(add('Log', [add('Add', [filled(column, isMissing(column), fill), doubles([1])])]), float),
    oneHot: (column, categories, unlisted) => {
      const count = categories.length;
      const numbers = categories.map((_, at) => at);
      return unlisted === 'zeros'
        ? cells(codes(column, categories, numbers, -1), count)
        : cells(codes(column, [...categories, ''], [...numbers, -1], count), count + 1);
    },
    hashed: (column, buckets) => {
      const hash = foreign(runtimeDomain, 'MurmurHash3', column, { positive: intAttribute(1), seed: intAttribute(0) });
      const cell = add('Mod', [cast(hash, integer), assembly.ints([buckets])]);
      const present = cast(codes(column, [''], [0], 1), float);
      return add('Mul', [cells(cell, buckets), present]);
    },
    bucketed: (column, boundaries) => {
      const present = cast(add('Not', [isMissing(column)]), float);
      const passed = cast(add('GreaterOrEqual', [column, doubles(boundaries)]), float);
      const nothing = add('Mul', [present, assembly.floats([0])]);
      const axis = { axis: intAttribute(1) };
      return add('Sub', [add('Concat', [present, passed], axis), add('Concat', [passed, nothing], axis)]);
    },
    calendar: (column, fill) => {
      const missing = isMissing(column);
      const parts = calendarParts(assembly, filled(column, missing, 0), doubles);
      const values = parts.map((part, at) => filled(part, missing, fill[at] ?? 0));
      return cast(add('Concat', values, { axis: intAttribute(1) }), float);
    },
  };
};

/**
 * The proleptic Gregorian calendar by arithmetic on days, years beginning in March, so that the leap day comes last:
 * Howard Hinnant, "chrono-Compatible Low-Level Date Algorithms", civil_from_days. All in float64, where whole numbers of
 * this size are exact.
 */
const calendarParts = (
  { add }: Assembly,
  seconds: string,
  doubles: (values: readonly number[]) => string,
): readonly string[] => {
  const number = (value: number) => doubles([value]);
  const times = (value: string, factor: number) => add('Mul', [value, number(factor)]);
  const plus = (value: string, term: number) => add('Add', [value, number(term)]);
  const whole = (value: string, divisor: number) => add('Floor', [add('Div', [value, number(divisor)])]);
  const minus = (value: string, ...others: readonly string[]) =>
    others.reduce((rest, other) => add('Sub', [rest, other]), value);

  const days = whole(seconds, SECONDS_OF_A_DAY);
  const fromMarch0000 = plus(days, 719_468);
  const era = whole(fromMarch0000, 146_097);
  const dayOfEra = minus(fromMarch0000, times(era, 146_097));
  const leapsSeen = minus(
    add('Add', [dayOfEra, whole(dayOfEra, 36_524)]),
    whole(dayOfEra, 1_460),
    whole(dayOfEra, 146_096),
  );
  const yearOfEra = whole(leapsSeen, 365);
  const dayOfYear = minus(add('Add', [dayOfEra, whole(yearOfEra, 100)]), times(yearOfEra, 365), whole(yearOfEra, 4));
  const monthFromMarch = whole(plus(times(dayOfYear, 5), 2), 153);
  const day = plus(minus(dayOfYear, whole(plus(times(monthFromMarch, 153), 2), 5)), 1);
  const isSpring = add('Less', [monthFromMarch, number(10)]);
  const month = add('Where', [isSpring, plus(monthFromMarch, 3), plus(monthFromMarch, -9)]);
  const marchYear = add('Add', [yearOfEra, times(era, 400)]);
  const year = add('Where', [isSpring, marchYear, plus(marchYear, 1)]);
  // The first of January 1970 was a Thursday.
  const sinceMonday = plus(days, 3);
  const weekday = minus(sinceMonday, times(whole(sinceMonday, 7), 7));
  const hour = whole(minus(seconds, times(days, SECONDS_OF_A_DAY)), 3_600);
  return [year, month, day, weekday, hour];
};
