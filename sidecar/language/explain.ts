import { alternatives, isScalar, type SchemaNode } from './schema.ts';
import { writeScalar } from './snippet.ts';

/** `integer, 1 to 65536`, `one of adam, sgd`, `text or list`. */
export const explainType = (schema: SchemaNode): string => {
  const listed = alternatives(schema).flatMap((part) => part.enum ?? (part.const === undefined ? [] : [part.const]));
  const others = alternatives(schema).filter((part) => part.enum === undefined && part.const === undefined);
  const choices = listed.length === 0 ? [] : [`${listed.length > 1 ? 'one of ' : ''}${listed.map(code).join(', ')}`];
  return [...choices, ...others.flatMap(explainPart)].join(' or ');
};

/** The default as it would be written, null where there is none or where it is an empty block. */
export const explainDefault = (schema: SchemaNode): string | null => {
  const value = schema.default;
  if (value === undefined || (typeof value === 'object' && value !== null && Object.keys(value).length === 0))
    return null;
  return isScalar(value) ? writeScalar(value) : JSON.stringify(value);
};

/** Documentation of a setting: its words, then type, range and default. */
export const explain = (schema: SchemaNode): string => {
  const fallback = explainDefault(schema);
  const facts = [explainType(schema), ...(fallback === null ? [] : [`default ${code(fallback)}`])];
  return [schema.description ?? '', facts.join(' · ')].filter((text) => text !== '').join('\n\n');
};

const typeNames: Readonly<Record<string, string>> = {
  string: 'text',
  boolean: 'true or false',
  object: 'block',
  array: 'list',
};

const explainPart = (part: SchemaNode): string[] => {
  const types = typeof part.type === 'string' ? [part.type] : (part.type ?? []);
  return types.map((type) => {
    const range = type === 'number' || type === 'integer' ? explainRange(part) : '';
    return `${typeNames[type] ?? type}${range}`;
  });
};

const explainRange = (part: SchemaNode): string => {
  const low = part.minimum ?? part.exclusiveMinimum;
  // zod bounds every integer by what a double holds exactly; nobody needs to be told.
  const top = part.maximum ?? part.exclusiveMaximum;
  const high = top === Number.MAX_SAFE_INTEGER ? undefined : top;
  const lowest = part.exclusiveMinimum === undefined ? 'at least' : 'above';
  const highest = part.exclusiveMaximum === undefined ? 'at most' : 'below';
  const bounds = [
    ...(low === undefined || low === Number.MIN_SAFE_INTEGER ? [] : [`${lowest} ${low}`]),
    ...(high === undefined ? [] : [`${highest} ${high}`]),
  ];
  return bounds.length === 0 ? '' : ` ${bounds.join(', ')}`;
};

const code = (value: unknown): string => `\`${String(value)}\``;
