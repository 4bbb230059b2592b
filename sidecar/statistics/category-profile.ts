/** How a categorical column looked in the reference, on cells that stay fixed ever after. Plain JSON. */
export interface CategoryProfile {
  readonly type: 'category';
  /** The categories with a cell of their own, most frequent first; all others share the cell after them. */
  readonly categories: readonly string[];
  readonly reference: CategorySketch;
}

/** Rows in each cell of a profile. Plain JSON. */
export interface CategorySketch {
  /** One count a category, and a last one for every other category. */
  readonly counts: number[];
  /** Rows without a value. */
  missing: number;
}

/** Learns the cells of a column from its reference values: the `most` most frequent categories, and one for all others. */
export const profileCategories = (values: readonly (string | null)[], most = 50): CategoryProfile => {
  const frequencies = new Map<string, number>();
  for (const value of values) if (value !== null) frequencies.set(value, (frequencies.get(value) ?? 0) + 1);
  const categories = [...frequencies]
    .sort(([name, rows], [otherName, otherRows]) => otherRows - rows || (name < otherName ? -1 : 1))
    .slice(0, most)
    .map(([name]) => name);
  const empty: CategoryProfile = { type: 'category', categories, reference: emptySketch(categories) };
  for (const value of values) addToCategoryWindow(empty.reference, empty, value);
  return empty;
};

/** An empty window on the cells of a profile. */
export const openCategoryWindow = ({ categories }: CategoryProfile): CategorySketch => emptySketch(categories);

/** Adds one value to a window. Memory never grows, whatever new categories arrive. */
export const addToCategoryWindow = (window: CategorySketch, profile: CategoryProfile, value: string | null): void => {
  const cell = categoryCell(profile, value);
  if (cell === window.counts.length) window.missing++;
  else window.counts[cell] = (window.counts[cell] as number) + 1;
};

/** The window that holds the rows of both, on the same profile. */
export const mergeCategoryWindows = (first: CategorySketch, second: CategorySketch): CategorySketch => ({
  counts: first.counts.map((count, cell) => count + (second.counts[cell] as number)),
  missing: first.missing + second.missing,
});

/** The cell of a value: a category's own, then the one for all others, then the one for missing values. */
export const categoryCell = ({ categories }: CategoryProfile, value: string | null): number => {
  if (value === null) return categories.length + 1;
  const cell = categories.indexOf(value);
  return cell === -1 ? categories.length : cell;
};

const emptySketch = (categories: readonly string[]): CategorySketch => ({
  counts: new Array<number>(categories.length + 1).fill(0),
  missing: 0,
});
