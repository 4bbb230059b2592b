import { intAttribute } from '../attributes.ts';
import type { Graph } from '../model.ts';
import { rowsSymbol } from './free-batch.ts';
import { assemblyFor, withTensors } from './workbench.ts';

export interface ExitRequest {
  readonly outputs: number;
  readonly task: 'classification' | 'regression';
  /** One logit for two classes. */
  readonly binary: boolean;
  readonly opset: number;
}

/**
 * The graph, whose one output is what its last layer gives, `[N]`, `[N, outputs]` or `[N, outputs, 1, 1]`, with outputs
 * `logits` and `probabilities`, or `prediction`, `[N, outputs]`.
 */
export const openExit = (graph: Graph, { outputs, task, binary, opset }: ExitRequest): Graph => {
  const made = graph.outputs[0]?.name ?? '';
  const assembly = assemblyFor(graph, 'exit.', opset);
  const name = task === 'classification' ? 'logits' : 'prediction';
  if (binary) {
    // softmax([0, z]) is [1 − σ(z), σ(z)], so that both mean the same to every reader.
    const flat = assembly.add('Reshape', [made, assembly.ints([-1, 1])]);
    assembly.add('Concat', [assembly.add('Sub', [flat, flat]), flat], { axis: intAttribute(1) }, name);
  } else assembly.add('Reshape', [made, assembly.ints([-1, outputs])], {}, name);
  const answers = [name];
  if (task === 'classification')
    answers.push(assembly.add('Softmax', [name], { axis: intAttribute(-1) }, 'probabilities'));
  return withTensors(
    {
      ...graph,
      nodes: [...graph.nodes, ...assembly.nodes()],
      outputs: answers.map((answer) => ({ name: answer, type: 'float32', shape: [rowsSymbol, outputs] })),
    },
    assembly.constants(),
  );
};
