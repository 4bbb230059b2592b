/** One node of a JSON Schema, as far as the tests look. */
export interface SchemaNode {
  readonly description?: string;
  readonly default?: unknown;
  readonly properties?: Readonly<Record<string, SchemaNode>>;
  readonly items?: SchemaNode;
}

interface Placed {
  readonly path: string;
  readonly node: SchemaNode;
}

/** Every named setting of a schema, those inside lists too, with its path such as `optimizer.lr`. */
export const nodesOf = (node: SchemaNode, at = ''): Placed[] => [
  ...Object.entries(node.properties ?? {}).flatMap(([key, child]) => {
    const path = at === '' ? key : `${at}.${key}`;
    return [{ path, node: child }, ...nodesOf(child, path)];
  }),
  ...(node.items === undefined ? [] : nodesOf(node.items, `${at}[]`)),
];
