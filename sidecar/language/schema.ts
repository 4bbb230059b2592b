import { z } from 'zod';
import { Training } from '../contract/training.ts';
import type { Path } from './span.ts';

/** The part of JSON Schema that the training schema turns into. */
export interface SchemaNode {
  readonly type?: string | readonly string[];
  readonly description?: string;
  readonly default?: unknown;
  readonly properties?: Readonly<Record<string, SchemaNode>>;
  readonly required?: readonly string[];
  readonly additionalProperties?: SchemaNode | boolean;
  readonly items?: SchemaNode;
  readonly anyOf?: readonly SchemaNode[];
  readonly enum?: readonly Scalar[];
  readonly const?: Scalar;
  readonly minimum?: number;
  readonly maximum?: number;
  readonly exclusiveMinimum?: number;
  readonly exclusiveMaximum?: number;
}

export type Scalar = string | number | boolean | null;

/** A block with `.prefault({})` is a wrapper; without this its description would stay inside. */
const keepDescription = ({
  zodSchema,
  jsonSchema,
}: {
  zodSchema: z.core.$ZodTypes;
  jsonSchema: { description?: string };
}) => {
  if (zodSchema._zod.def.type !== 'prefault' || jsonSchema.description !== undefined) return;
  const inner = z.globalRegistry.get(zodSchema._zod.def.innerType)?.description;
  if (inner !== undefined) jsonSchema.description = inner;
};

/** The one schema of `training.yaml`, in the form that can be walked. */
export const trainingSchema = z.toJSONSchema(Training, {
  io: 'input',
  target: 'draft-7',
  override: keepDescription,
}) as SchemaNode;

/**
 * The schema of the value at a path; a union gives the alternative that has the key.
 * @returns null where the schema says nothing.
 */
export const schemaAt = (path: Path): SchemaNode | null => {
  let node: SchemaNode | null = trainingSchema;
  for (const step of path) {
    node = node === null ? null : child(node, step);
  }
  return node;
};

/** The alternatives of a union, or the node itself. */
export const alternatives = (node: SchemaNode): readonly SchemaNode[] => node.anyOf ?? [node];

/** The known keys of a mapping, those that must be there first. */
export const keysOf = (
  node: SchemaNode,
): readonly { readonly name: string; readonly schema: SchemaNode; readonly required: boolean }[] => {
  const keys = alternatives(node).flatMap(({ properties = {}, required = [] }) =>
    Object.entries(properties).map(([name, schema]) => ({ name, schema, required: required.includes(name) })),
  );
  return [...keys.filter(({ required }) => required), ...keys.filter(({ required }) => !required)];
};

/** Every value that the schema lists, its default first. */
export const listedValues = (node: SchemaNode): readonly Scalar[] => {
  const listed = alternatives(node).flatMap((part) => {
    if (part.const !== undefined) return [part.const];
    if (part.enum !== undefined) return [...part.enum];
    return isOfType(part, 'boolean') ? [true, false] : [];
  });
  const first = node.default;
  if (!isScalar(first)) return listed;
  return [first, ...listed.filter((value) => value !== first)];
};

export const isOfType = (node: SchemaNode, type: string): boolean =>
  alternatives(node).some((part) => (Array.isArray(part.type) ? part.type.includes(type) : part.type === type));

/** The words in backticks of a description that could be written as a value: `resnet50`, not `./net.onnx` or `cuda:N`. */
export const namedValues = (node: SchemaNode): readonly string[] =>
  [...(node.description ?? '').matchAll(/`([a-z][a-z0-9_-]*)`/g)].map(([, name]) => name ?? '');

export const isScalar = (value: unknown): value is Scalar =>
  value === null || ['string', 'number', 'boolean'].includes(typeof value);

const child = (node: SchemaNode, step: string | number): SchemaNode | null => {
  for (const part of alternatives(node)) {
    const found = typeof step === 'number' ? part.items : property(part, step);
    if (found !== undefined) return found;
  }
  return null;
};

const property = (node: SchemaNode, key: string): SchemaNode | undefined => {
  if (node.properties !== undefined && Object.hasOwn(node.properties, key)) return node.properties[key];
  return typeof node.additionalProperties === 'object' ? node.additionalProperties : undefined;
};
