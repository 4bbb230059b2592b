/** Words in a metric's name that tell it to be better when lower. */
const lowerIsBetter = /loss|error|mae|mse|rmse|latency|brier|ece/;
const higherIsBetter = /acc|auc|f1|precision|recall|r2|kappa|mcc/;

/** Which way a curve should go, as its name tells; null when it does not. */
export const betterOf = (name: string): 'higher' | 'lower' | null => {
  if (lowerIsBetter.test(name)) return 'lower';
  return higherIsBetter.test(name) ? 'higher' : null;
};

/** `val_loss` → what it measures, and on which rows. */
export const splitMetric = (name: string): { readonly measure: string; readonly rows: string } => {
  const match = /^(train|val|validation|test)_(.+)$/.exec(name);
  return { measure: match?.[2] ?? name, rows: match?.[1] ?? '' };
};
