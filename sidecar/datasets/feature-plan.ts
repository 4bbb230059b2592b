import type { Training } from '../contract/training.ts';
import { settingInvalid } from '../faults.ts';

type FeatureSetting = Training['features'][number];

/** One feature to be made of a column. */
export interface PlannedFeature {
  /** Place of the column in the header. */
  readonly at: number;
  readonly column: string;
  /** `auto` where the section `features:` is absent: a number where most cells are numbers, else categories. */
  readonly transform: FeatureSetting['transform'] | 'auto';
  readonly minCount?: number;
  readonly buckets?: FeatureSetting['buckets'];
  /** Where it is written, such as `features[2]`; for messages. */
  readonly place: string;
}

export interface PlanOrder {
  readonly header: readonly string[];
  /** Columns that are something else than a feature: the target, and those that rows are divided by. */
  readonly taken: readonly string[];
  readonly target: string;
  readonly settings: Training['features'];
}

/**
 * What is made of which column: all that are listed, and nothing else; without a list every column but those that are
 * taken. A column without a name is an index.
 * @throws Fault `configuration-invalid` that names the feature
 */
export const planFeatures = ({ header, taken, target, settings }: PlanOrder): readonly PlannedFeature[] => {
  if (settings.length === 0) {
    return header.flatMap((column, at): PlannedFeature[] =>
      column === '' || taken.includes(column) ? [] : [{ at, column, transform: 'auto', place: 'features' }],
    );
  }
  const planned = settings.map((setting, index): PlannedFeature => {
    const column = setting.from ?? setting.name;
    const place = `features[${index}]`;
    const at = header.indexOf(column);
    if (at === -1) throw settingInvalid(place, `there is no column “${column}”`, `The table has ${header.join(', ')}.`);
    if (column === target) {
      throw settingInvalid(place, `“${column}” is what is to be predicted`, 'Remove it, or set another data.target.');
    }
    return {
      at,
      column,
      transform: setting.transform,
      ...(setting.min_count === undefined ? {} : { minCount: setting.min_count }),
      ...(setting.buckets === undefined ? {} : { buckets: setting.buckets }),
      place,
    };
  });
  refuseTwoTypes(planned);
  return planned;
};

type ColumnType = 'number' | 'text' | 'date';

const typeOf: Readonly<Record<FeatureSetting['transform'], ColumnType>> = {
  none: 'number',
  standard: 'number',
  minmax: 'number',
  log1p: 'number',
  bucket: 'number',
  onehot: 'text',
  hash: 'text',
  date: 'date',
};

/** The served model takes each column once, as one type. */
const refuseTwoTypes = (planned: readonly PlannedFeature[]): void => {
  const types = new Map<string, ColumnType>();
  for (const { column, transform, place } of planned) {
    const type = transform === 'auto' ? 'number' : typeOf[transform];
    const before = types.get(column) ?? type;
    if (before !== type) {
      throw settingInvalid(
        `${place}.transform`,
        `another feature takes the column “${column}” as a ${before}, and this one as a ${type}`,
        'Give the table a second column of that content.',
      );
    }
    types.set(column, type);
  }
};
