import { explainType } from './explain.ts';
import { nearest } from './nearest.ts';
import { keysOf, listedValues, schemaAt } from './schema.ts';
import { writeScalar } from './snippet.ts';
import { showPath, type Path } from './span.ts';

/** What zod says about a value, as far as it is read here. */
export interface Issue {
  readonly code: string;
  readonly path: Path;
  readonly message: string;
  readonly keys?: readonly string[];
  readonly minimum?: number;
  readonly maximum?: number;
  readonly inclusive?: boolean;
  readonly origin?: string;
}

export interface Said {
  readonly path: Path;
  readonly on: 'key' | 'value';
  readonly message: string;
  /** What is meant instead, where that can be guessed. */
  readonly replacement: string | null;
}

/** An issue in words that say what to write. */
export const sayIssue = (issue: Issue, root: unknown): readonly Said[] => {
  if (issue.code === 'unrecognized_keys') return (issue.keys ?? []).map((key) => unknownKey(issue.path, key, root));
  return [(sayings[issue.code] ?? sayAsIs)(issue, valueAt(root, issue.path))];
};

const onValue = (issue: Issue, message: string, replacement: string | null = null): Said => ({
  path: issue.path,
  on: 'value',
  message,
  replacement,
});

const sayAsIs = (issue: Issue): Said => onValue(issue, `${nameOf(issue.path)} ${issue.message}`.trim());

const sayType = (issue: Issue, value: unknown): Said => {
  if (value === undefined || value === null) return sayMissing(issue, value);
  const schema = schemaAt(issue.path);
  const expected = schema === null ? issue.message : `must be ${withArticle(explainType(schema))}`;
  const written = typeof value === 'object' ? '' : `, not \`${show(value)}\``;
  return onValue(issue, `${nameOf(issue.path)} ${expected}${written}`, guess(issue.path, value));
};

const sayMissing = (issue: Issue, value: unknown): Said => {
  const schema = schemaAt(issue.path);
  const needs = schema === null ? [] : keysOf(schema).filter(({ required }) => required);
  const names = needs.map(({ name }) => `\`${name}\``).join(' and ');
  if (issue.path.length === 0)
    return { path: [], on: 'key', message: `A training file needs ${names}`, replacement: null };
  if (value === null) {
    const more =
      names === '' ? `it must be ${withArticle(schema === null ? 'set' : explainType(schema))}` : `it needs ${names}`;
    return { path: issue.path, on: 'key', message: `${nameOf(issue.path)} is empty; ${more}`, replacement: null };
  }
  const parent = issue.path.slice(0, -1);
  const key = String(issue.path.at(-1));
  const message = parent.length === 0 ? `A training file needs \`${key}\`` : `${nameOf(parent)} needs \`${key}\``;
  return { path: parent, on: 'key', message, replacement: null };
};

const sayChoice = (issue: Issue, value: unknown): Said => {
  if (value === undefined || value === null) return sayMissing(issue, value);
  const schema = schemaAt(issue.path);
  const meant = guess(issue.path, value);
  const choices =
    schema === null ? issue.message : `must be ${withArticle(explainType(schema))}, not \`${show(value)}\``;
  return onValue(
    issue,
    `${nameOf(issue.path)} ${choices}${meant === null ? '' : `. Did you mean \`${meant}\`?`}`,
    meant,
  );
};

const saySmall = (issue: Issue, value: unknown): Said => {
  if (issue.origin === 'string') return onValue(issue, `${nameOf(issue.path)} is empty`);
  const limit = `${issue.inclusive === false ? 'above' : 'at least'} ${String(issue.minimum)}`;
  return onValue(issue, `${nameOf(issue.path)} must be ${limit}, not \`${show(value)}\``);
};

const sayBig = (issue: Issue, value: unknown): Said => {
  const limit = `${issue.inclusive === false ? 'below' : 'at most'} ${String(issue.maximum)}`;
  return onValue(issue, `${nameOf(issue.path)} must be ${limit}, not \`${show(value)}\``);
};

const sayings: Readonly<Record<string, (issue: Issue, value: unknown) => Said>> = {
  invalid_type: sayType,
  invalid_value: sayChoice,
  invalid_union: sayChoice,
  too_small: saySmall,
  too_big: sayBig,
};

const unknownKey = (path: Path, key: string, root: unknown): Said => {
  const schema = schemaAt(path);
  const present = Object.keys(Object(valueAt(root, path)) as object);
  const known = schema === null ? [] : keysOf(schema).map(({ name }) => name);
  const meant = nearest(
    key,
    known.filter((name) => !present.includes(name)),
  );
  const where = path.length === 0 ? 'a training file' : `\`${showPath(path)}\``;
  const hint =
    meant === null ? `It knows ${known.map((name) => `\`${name}\``).join(', ')}` : `Did you mean \`${meant}\`?`;
  return {
    path: [...path, key],
    on: 'key',
    message: `\`${key}\` is no setting of ${where}. ${hint}`,
    replacement: meant,
  };
};

const guess = (path: Path, value: unknown): string | null => {
  const schema = schemaAt(path);
  if (schema === null || typeof value !== 'string') return null;
  return nearest(value, listedValues(schema).map(writeScalar));
};

const nameOf = (path: Path): string => (path.length === 0 ? 'The file' : `\`${showPath(path)}\``);

const withArticle = (words: string): string => {
  if (/^(text|true|one of|`)/.test(words)) return words;
  return `${/^[aeiou]/.test(words) ? 'an' : 'a'} ${words}`;
};

const show = (value: unknown): string => (typeof value === 'string' ? value : JSON.stringify(value));

const valueAt = (root: unknown, path: Path): unknown =>
  path.reduce<unknown>(
    (value, step) =>
      value !== null && typeof value === 'object' ? (value as Record<string | number, unknown>)[step] : undefined,
    root,
  );
