import type { Run, Change } from '../contract/run.ts';
import type { Training } from '../contract/training.ts';

/** Every leaf of a configuration by its path: `optimizer.lr` → `0.001`. Lists are leaves. */
export const flattenTraining = (training: Training): Map<string, string> => {
  const leaves = new Map<string, string>();
  const visit = (value: unknown, path: string): void => {
    if (value !== null && typeof value === 'object' && !Array.isArray(value)) {
      for (const [key, part] of Object.entries(value)) visit(part, path === '' ? key : `${path}.${key}`);
    } else if (value !== undefined) {
      leaves.set(path, typeof value === 'string' ? value : JSON.stringify(value));
    }
  };
  visit(training, '');
  return leaves;
};

/** What differs between two runs, as far as it is known: configuration, data, code, environment. */
export const changesBetween = (earlier: Run, later: Run): Change[] => [
  ...configurationChanges(earlier.training, later.training),
  ...dataChanges(earlier, later),
  ...codeChanges(earlier, later),
  ...environmentChanges(earlier.environment, later.environment),
];

const configurationChanges = (earlier: Training, later: Training): Change[] => {
  const before = flattenTraining(earlier);
  const after = flattenTraining(later);
  const names = [...new Set([...before.keys(), ...after.keys()])].sort();
  return names
    .filter((name) => before.get(name) !== after.get(name))
    .map((name) => ({ kind: 'configuration', name, from: before.get(name) ?? null, to: after.get(name) ?? null }));
};

const dataChanges = (earlier: Run, later: Run): Change[] => {
  const before = earlier.nouns.dataset?.dataset;
  const after = later.nouns.dataset?.dataset;
  if (before === undefined || after === undefined || before.hash === after.hash) return [];
  const name = (dataset: typeof before) => `${dataset.name}@v${dataset.version}`;
  return [{ kind: 'data', name: 'data set', from: name(before), to: name(after) }];
};

const codeChanges = (earlier: Run, later: Run): Change[] => {
  const before = earlier.nouns.dataset?.code;
  const after = later.nouns.dataset?.code;
  if (before === undefined || after === undefined) return [];
  const name = (code: typeof before) => `${code.commit?.slice(0, 8) ?? 'no commit'}${code.dirty ? ' + changes' : ''}`;
  return before.commit === after.commit && before.patch === after.patch
    ? []
    : [{ kind: 'code', name: 'code', from: name(before), to: name(after) }];
};

const environmentChanges = (earlier: Record<string, string>, later: Record<string, string>): Change[] =>
  [...new Set([...Object.keys(earlier), ...Object.keys(later)])]
    .sort()
    .filter((name) => earlier[name] !== later[name])
    .map((name) => ({ kind: 'environment', name, from: earlier[name] ?? null, to: later[name] ?? null }));
