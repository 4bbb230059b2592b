/** A model that cannot be read, or that asks for something Trainyard cannot do. The message is one sentence. */
export class GraphError extends Error {
  /** Name of the node at fault, where there is one. */
  readonly node: string | undefined;
  /** What to do about it, where that depends on the model and not on the setting that named it. */
  readonly hint: string | undefined;

  constructor(message: string, node?: string, hint?: string) {
    super(message);
    this.name = 'GraphError';
    this.node = node;
    this.hint = hint;
  }
}
