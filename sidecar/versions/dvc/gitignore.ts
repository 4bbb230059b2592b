import { readFileSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { writeDurably } from '../durable.ts';

/**
 * Adds a data set to the `.gitignore` beside it, as `dvc add` does: one anchored line at the end, all else kept.
 * @returns whether a line was added
 */
export const ignoreData = (root: string, path: string): boolean => {
  const file = join(root, dirname(path), '.gitignore');
  const line = `/${escapePattern(basename(path))}`;
  const before = readText(file);
  if (before.split(/\r?\n/).some((existing) => existing === line || existing === `${line}/`)) return false;
  const separator = before === '' || before.endsWith('\n') ? '' : '\n';
  writeDurably(file, `${before}${separator}${line}\n`, 0o644);
  return true;
};

/** A name in which Git reads nothing but the name; DVC forgets the trailing blank, and Git then ignores nothing. */
const escapePattern = (name: string): string =>
  name.replace(/[\\*?[\]]/g, '\\$&').replace(/ +$/, (blanks) => blanks.replaceAll(' ', '\\ '));

const readText = (file: string): string => {
  try {
    return readFileSync(file, 'utf8');
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return '';
    throw error;
  }
};
