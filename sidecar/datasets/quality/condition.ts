import type { CheckRule } from '../../contract/training.ts';

/** One condition of a rule: a rule about a column may hold several. */
export interface Condition {
  /** Position of the rule in `data.checks`. */
  readonly index: number;
  /** The key of the rule that says it, for its place in the file. */
  readonly key: keyof CheckRule;
  readonly rule: CheckRule;
  /** In words. */
  readonly words: string;
  readonly column: string | null;
}

/** What was found of a condition. */
export interface Found {
  readonly passed: boolean;
  readonly sentence: string;
  /** Rows, files or classes that break it, of how many that were looked at. */
  readonly count: number;
  readonly of: number;
  readonly examples: readonly { readonly at: string; readonly value: string | null }[];
}

/** All conditions of all rules, in the order in which they are written. */
export const conditionsOf = (rules: readonly CheckRule[]): Condition[] =>
  rules.flatMap((rule, index) => {
    const condition = (key: keyof CheckRule, words: string): Condition => ({
      index,
      key,
      rule,
      words,
      column: rule.column ?? null,
    });
    if (rule.columns !== undefined) return [condition('columns', columnsText(rule.columns, rule.only === true))];
    if (rule.unique !== undefined) return [condition('unique', uniqueText(rule.unique))];
    if (rule.readable !== undefined) return [condition('readable', 'every picture is readable')];
    if (rule.count !== undefined) return [condition('count', countText(rule))];
    return columnConditions(rule).map(([key, words]) => condition(key, `${rule.column ?? ''} ${words}`));
  });

const columnsText = (columns: readonly string[], only: boolean): string =>
  `columns are ${columns.join(', ')}${only ? ' and no others' : ', or more'}`;

const uniqueText = (unique: NonNullable<CheckRule['unique']>): string =>
  `${typeof unique === 'string' ? unique : unique.join(' and ')} unique`;

const countText = ({ count, at_least, at_most, share_at_least, share_at_most }: CheckRule): string => {
  const of = count === 'each_class' ? 'each class has' : `${count ?? ''} number`;
  const limits = [
    rangeText(at_least, at_most),
    rangeText(percentOf(share_at_least), percentOf(share_at_most), ' %'),
  ].filter((text) => text !== null);
  return `${of} ${limits.join(' and ')}`;
};

const percentOf = (share: number | undefined): number | undefined =>
  share === undefined ? undefined : Number((share * 100).toPrecision(6));

const columnConditions = (rule: CheckRule): (readonly [keyof CheckRule, string])[] => {
  const { type, at_least, at_most, one_of, matches, missing_at_most } = rule;
  const range = rangeText(at_least, at_most);
  const all: (readonly [keyof CheckRule, string | null])[] = [
    ['type', type === undefined ? null : `is ${type}`],
    [at_least === undefined ? 'at_most' : 'at_least', range === null ? null : `is ${range}`],
    ['one_of', one_of === undefined ? null : `is one of ${one_of.join(', ')}`],
    ['matches', matches === undefined ? null : `matches ${matches}`],
    ['missing_at_most', missing_at_most === undefined ? null : `is missing in at most ${percentOf(missing_at_most)} %`],
  ];
  return all.flatMap(([key, words]) => (words === null ? [] : [[key, words] as const]));
};

const rangeText = (least: number | undefined, most: number | undefined, unit = ''): string | null => {
  if (least === undefined) return most === undefined ? null : `at most ${most.toLocaleString('en')}${unit}`;
  const from = `${least.toLocaleString('en')}${unit}`;
  return most === undefined ? `at least ${from}` : `${from} to ${most.toLocaleString('en')}${unit}`;
};
