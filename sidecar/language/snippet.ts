import { isOfType, keysOf, listedValues, namedValues, type Scalar, type SchemaNode } from './schema.ts';
import type { Path } from './span.ts';

/** Text of a completion in the editor's snippet syntax, where `$`, `}` and `\` must be escaped. */
export const plain = (text: string): string => text.replace(/[\\$}]/g, '\\$&');

/** A value as YAML writes it. */
export const writeScalar = (value: Scalar): string => {
  if (typeof value !== 'string') return String(value);
  return /^[A-Za-z./][\w./@:+-]*$/.test(value) ? value : JSON.stringify(value);
};

/**
 * What is inserted for a key: the key with a placeholder for its value. A block opens on the next line, or within
 * braces where the cursor already stands in braces or in the item of a list.
 */
export const keySnippet = (name: string, schema: SchemaNode, where: { path: Path; flow: boolean }): string => {
  const inline = where.flow || typeof where.path.at(-1) === 'number';
  if (isBlock(schema)) return inline ? `${name}: { $1 }` : `${name}:\n  ${blockSnippet(schema)}`;
  if (schema.items !== undefined && isBlock(schema.items)) {
    return inline ? `${name}: [{ $1 }]` : `${name}:\n  - ${blockSnippet(schema.items)}`;
  }
  if (isOfType(schema, 'array') && !isOfType(schema, 'string')) return `${name}: [$1]`;
  return `${name}: ${valueSnippet(schema)}`;
};

const isBlock = (schema: SchemaNode): boolean => isOfType(schema, 'object');

const blockSnippet = (schema: SchemaNode): string => {
  const [needed] = keysOf(schema).filter(({ required }) => required);
  return needed === undefined ? '$1' : `${needed.name}: ${valueSnippet(needed.schema)}`;
};

const valueSnippet = (schema: SchemaNode): string => {
  const listed = listedValues(schema);
  if (listed.length > 1) return `\${1|${listed.map((value) => choice(writeScalar(value))).join(',')}|}`;
  const [only] = listed.length > 0 ? listed.map(writeScalar) : namedValues(schema);
  return only === undefined ? '$1' : `\${1:${plain(only)}}`;
};

const choice = (text: string): string => text.replace(/[\\,|]/g, '\\$&');
