/** A tensor whose data is known to be float32. */
export interface FloatTensor {
  readonly name: string;
  readonly dims: readonly number[];
  readonly data: Float32Array;
}

/** A tensor that a step reads and hands on changed. */
export interface StateSlot {
  readonly input: string;
  readonly output: string;
  /**
   * What it begins as: the tensor of the model for weights, statistics and averages of weights, zeros for the others.
   * Its name is that of the initializer where there is one.
   */
  readonly initial: FloatTensor;
  readonly role: 'parameter' | 'statistic' | 'optimizer' | 'average' | 'gathered';
}

/** Name of the changed value. */
export const after = (name: string): string => `${name}__n`;

export const emptySlot = (name: string, dims: readonly number[], role: StateSlot['role']): StateSlot => {
  const data = new Float32Array(dims.reduce((product, dim) => product * dim, 1));
  return { input: name, output: after(name), initial: { name, dims, data }, role };
};
