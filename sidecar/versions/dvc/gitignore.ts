import { basename, dirname, join } from 'node:path';
import { writeDurably } from '../durable.ts';
import { readText } from './read-text.ts';

/**
 * Adds a data set to the `.gitignore` beside it, as `dvc add` does: one anchored line at the end, all else kept.
 * @returns whether a line was added
 */
export const ignoreData = (root: string, path: string): boolean => {
  const file = join(root, dirname(path), '.gitignore');
  const line = `/${escapePattern(basename(path))}`;
  const before = readText(file) ?? '';
  if (before.split(/\r?\n/).some((existing) => existing === line || existing === `${line}/`)) return false;
  const separator = before === '' || before.endsWith('\n') ? '' : '\n';
  writeDurably(file, `${before}${separator}${line}\n`, 0o644);
  return true;
};

/**
 * A name in which Git reads nothing but the name. A pattern is a line, so a line break is matched by `?`, any one
 * character; DVC writes it as it is, and a trailing blank too, and Git then ignores nothing.
 */
const escapePattern = (name: string): string =>
  name
    .replace(/[\\*?[\]]/g, '\\$&')
    .replace(/[\n\r]/g, '?')
    .replace(/ +$/, (blanks) => blanks.replaceAll(' ', '\\ '));
