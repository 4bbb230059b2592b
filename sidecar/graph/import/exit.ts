import { intAttribute } from '../attributes.ts';
import type { Graph } from '../model.ts';
import { rowsSymbol } from './free-batch.ts';
import { assemblyFor, renamed, withTensors } from './workbench.ts';

export interface ExitRequest {
  /** What the last layer gives, `[N]`, `[N, outputs]` or `[N, outputs, 1, 1]`. */
  readonly value: string;
  readonly outputs: number;
  readonly task: 'classification' | 'regression';
  /** One logit for two classes. */
  readonly binary: boolean;
  readonly opset: number;
}

/** The graph with outputs `logits` and `probabilities`, or `prediction`, `[N, outputs]`. */
export const openExit = (graph: Graph, { value, outputs, task, binary, opset }: ExitRequest): Graph => {
  const made = `file.answer`;
  const moved = renamed(graph, new Map([[value, made]]));
  const assembly = assemblyFor(moved, 'exit.', opset);
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
      ...moved,
      nodes: [...moved.nodes, ...assembly.nodes()],
      outputs: answers.map((answer) => ({ name: answer, type: 'float32', shape: [rowsSymbol, outputs] })),
    },
    assembly.constants(),
  );
};
