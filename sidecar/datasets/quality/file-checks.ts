import type { Hash } from '../../contract/ids.ts';
import type { CheckRule } from '../../contract/training.ts';
import type { DataState, StateFile } from '../difference/data-state.ts';
import type { Looks } from '../difference/picture-looks.ts';
import { classLevel, classOf, isPicture } from '../image-folder.ts';
import type { Found } from './condition.ts';
import { judgeClasses, judgeCount } from './count-checks.ts';
import { breaksSentence, createBreaks, some } from './examiner.ts';

/** Files with the contents of an earlier one. */
export const checkUniqueFiles = ({ files }: Pick<DataState, 'files'>): Found => {
  const seen = new Map<string, string>();
  const breaks = createBreaks();
  let count = 0;
  for (const { path, content } of files()) {
    count += 1;
    const like = seen.get(content);
    if (like === undefined) seen.set(content, path);
    else breaks.add(path, `as ${like}`);
  }
  const [first] = breaks.examples();
  return {
    passed: breaks.count() === 0,
    sentence:
      first === undefined
        ? `${some(count, 'file')}, none twice.`
        : `${breaks.count().toLocaleString('en')} of ${some(count, 'file')} ${breaks.count() === 1 ? 'repeats' : 'repeat'} an earlier one, the first ${first.at} ${first.value ?? ''}.`,
    count: breaks.count(),
    of: count,
    examples: breaks.examples(),
  };
};

export const checkFileCount = (rule: CheckRule, { files }: Pick<DataState, 'files'>): Found => {
  let count = 0;
  for (const { path } of files()) count += Number(path !== '');
  return judgeCount(rule, count);
};

/** Pictures of each class folder. */
export const checkClassFolders = (rule: CheckRule, { files }: Pick<DataState, 'files'>): Found => {
  const tops = new Set<string>();
  for (const { path } of files()) tops.add(path.split('/')[0] ?? '');
  const level = classLevel(tops);
  const classes = new Map<string, number>();
  for (const { path } of files()) {
    const name = isPicture(path) ? classOf(path, level) : null;
    if (name !== null) classes.set(name, (classes.get(name) ?? 0) + 1);
  }
  return judgeClasses(rule, classes);
};

/** Decodes every picture that has not been decoded before. @param breathe called now and then, to let others work */
export const checkReadable = async (
  { files, contents }: DataState,
  looks: Looks,
  breathe: (done: number) => Promise<void>,
): Promise<Found> => {
  const breaks = createBreaks();
  let count = 0;
  looks.recall(picturesIn(files()));
  for (const file of files()) {
    if (!isPicture(file.path)) continue;
    await breathe(count);
    count += 1;
    const look = looks.of(file.content, () => contents.get(file));
    if ('why' in look) breaks.add(file.path, look.why);
  }
  looks.save();
  return {
    passed: breaks.count() === 0,
    sentence: breaksSentence(breaks, count, 'picture'),
    count: breaks.count(),
    of: count,
    examples: breaks.examples(),
  };
};

const picturesIn = function* (files: Iterable<StateFile>): Generator<Hash, void> {
  for (const { path, content } of files) if (isPicture(path)) yield content;
};
