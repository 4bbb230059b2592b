import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import ignore, { type Ignore } from 'ignore';
import { ifThere } from '../if-there.ts';

/** What `.dvcignore` files leave out. Paths are relative to the workspace; those of folders end in `/`. */
export type IgnoreRules = (path: string) => boolean;

/** Names that belong to tools and not to the data: DVC's own list, and ours. */
export const foreignNames: ReadonlySet<string> = new Set(['.git', '.hg', '.dvc', '.trainyard']);
export const IGNORE_FILE = '.dvcignore';

/**
 * The rules that hold for a data set: those of every `.dvcignore` from the workspace down to the folder that the data
 * set lies in, with the meaning of `.gitignore`. A file further down has the last word, as in DVC.
 * @param path of the data set, relative to the workspace
 * @returns null when there is no such file, so that nobody needs to ask
 */
export const readIgnoreRules = (root: string, path: string): IgnoreRules | null => {
  const folders = path.split('/').map((_part, at, parts) => parts.slice(0, at).join('/'));
  const levels = folders.flatMap((folder) => {
    const text = readText(join(root, folder, IGNORE_FILE));
    return text === null ? [] : [{ within: folder === '' ? '' : `${folder}/`, rules: parse(text) }];
  });
  if (levels.length === 0) return null;
  return (wanted) =>
    levels.reduce((ignored, { within, rules }) => {
      const verdict = rules.test(wanted.slice(within.length));
      return verdict.ignored || (ignored && !verdict.unignored);
    }, false);
};

/** DVC tells upper from lower case on every system. */
const parse = (text: string): Ignore => ignore({ ignorecase: false }).add(text.replace(/^\ufeff/, ''));

const readText = (file: string): string | null => ifThere(() => readFileSync(file, 'utf8'));
