import { readCursor, type Cursor } from './cursor.ts';
import { explain } from './explain.ts';
import type { ProjectState } from './project.ts';
import { keysOf, schemaAt } from './schema.ts';
import { keySnippet, plain } from './snippet.ts';
import type { Span } from './span.ts';
import { valuesFor } from './values.ts';

export interface Completion {
  readonly label: string;
  readonly kind: 'key' | 'value';
  /** In the editor's snippet syntax. */
  readonly insert: string;
  readonly detail: string | null;
  /** Markdown. */
  readonly documentation: string | null;
  /** The word that it replaces. */
  readonly span: Span;
  readonly required: boolean;
}

/**
 * What can be written at an offset, best first: keys that must be there, other keys in the order of the schema, or
 * values with the default first. Keys that are already there are left out. Works on half-typed lines.
 */
export const complete = (text: string, offset: number, project: ProjectState): readonly Completion[] => {
  for (const cursor of readCursor(text, offset)) {
    const offers = cursor.on === 'key' ? completeKey(cursor) : completeValue(cursor, project);
    if (offers.length > 0) return offers;
  }
  return [];
};

const completeKey = (cursor: Cursor): Completion[] => {
  const schema = schemaAt(cursor.path);
  if (schema === null) return [];
  return keysOf(schema)
    .filter(({ name }) => !cursor.present.includes(name))
    .map(({ name, schema: value, required }) => ({
      label: name,
      kind: 'key' as const,
      insert: cursor.colon ? name : keySnippet(name, value, cursor),
      detail: required ? 'required' : null,
      documentation: explain(value),
      span: cursor.span,
      required,
    }));
};

const completeValue = (cursor: Cursor, project: ProjectState): Completion[] => {
  const schema = schemaAt(cursor.path);
  if (schema === null) return [];
  return valuesFor(cursor.path, schema, project).map(({ text, detail }) => ({
    label: text,
    kind: 'value' as const,
    insert: plain(text),
    detail,
    documentation: schema.description ?? null,
    span: cursor.span,
    required: false,
  }));
};
