import { createAssembly } from './assembly.ts';
import type { Graph, Model } from './model.ts';
import { withoutUnread } from './prune.ts';
import { inferShapes } from './shapes.ts';
import type { TrainStep } from './train-step.ts';

/** The forward half of a step that tells of each of its values whether it is finite. */
export interface Trace {
  /** Takes the inputs of the step. */
  readonly model: Model;
  /** Output, float32 `[values]`: 0 where all of a value is finite, else no number. */
  readonly output: string;
  /** What makes each value: the name of a node of the model, and its operator. In the order of computation. */
  readonly values: readonly { readonly node: string; readonly op: string }[];
}

/** The trace of a step of that forward model. A product with 0 is 0 for finite numbers alone. */
export const buildTrace = (step: TrainStep, forward: Graph): Trace => {
  const { graph } = step.model;
  const shapes = inferShapes(graph, {});
  const made = new Set(graph.nodes.flatMap(({ outputs }) => outputs));
  const watched = forward.nodes.flatMap(({ name, op, outputs: [value = ''] }) =>
    made.has(value) && shapes.get(value)?.type === 'float32' ? [{ node: name, op, value }] : [],
  );
  const assembly = createAssembly('trace.', step.model.opset);
  const sums = watched.map(({ value }) => {
    const axes = (shapes.get(value)?.shape ?? []).map((_, axis) => axis);
    const nothing = assembly.add('Mul', [value, assembly.floats([0])]);
    const sum = axes.length === 0 ? nothing : assembly.reduce('ReduceSum', nothing, axes, 'drop');
    return assembly.add('Reshape', [sum, assembly.ints([1])]);
  });
  const output = assembly.add('Concat', sums, { axis: { kind: 'int', value: 0 } });
  const nodes = withoutUnread([...graph.nodes, ...assembly.nodes()], [output]);
  const read = new Set(nodes.flatMap(({ inputs }) => inputs));
  const model: Model = {
    ...step.model,
    graph: {
      name: 'trace',
      nodes,
      inputs: graph.inputs.filter(({ name }) => read.has(name)),
      outputs: [{ name: output, type: 'float32', shape: [watched.length] }],
      initializers: [...graph.initializers, ...assembly.constants()].filter(({ name }) => read.has(name)),
    },
  };
  return { model, output, values: watched.map(({ node, op }) => ({ node, op })) };
};
