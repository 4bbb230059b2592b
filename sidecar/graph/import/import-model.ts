import type { Normalization } from '../build.ts';
import { checkGraph } from '../check-graph.ts';
import { GraphError } from '../graph-error.ts';
import type { Graph, Model } from '../model.ts';
import { needed } from '../prune.ts';
import { inferShapes, type Shapes } from '../shapes.ts';
import type { Logits } from './answers.ts';
import { answerOf, logitsOf } from './answers.ts';
import { normalizesItself, openEntrance } from './entrance.ts';
import { openExit } from './exit.ts';
import { freeBatch, rowsSymbol } from './free-batch.ts';
import { bindInput } from './layout.ts';
import { modernize } from './modernize.ts';
import { notesOn } from './notes.ts';
import { oldSoftmax } from './old-softmax.ts';
import { refuse, refuseOldest } from './refuse.ts';
import { replaceHead } from './replace-head.ts';
import type { Exit, ImportRequest } from './request.ts';
import { settleWeights } from './settle-weights.ts';
import { copiesIn, tidy } from './tidy.ts';
import { untie } from './untie.ts';
import { withoutIdle } from './without-idle.ts';
import { setApart } from './workbench.ts';

export interface Imported {
  readonly model: Model;
  /** What was changed and what the file does not hold, a sentence each. */
  readonly notes: readonly string[];
}

/**
 * A model of somebody else's as one that can be trained here: input `input`, float32 `[N, ...inputShape]`, of raw
 * values; outputs `logits` and `probabilities` `[N, outputs]` for a classification, `prediction` for a regression; what
 * training may change are its float32 initializers. Works for operator sets from 9 on and any number of rows.
 *
 * @throws GraphError that names the operator or setting, with the way out
 */
export const importModel = (given: Model, request: ImportRequest): Imported => {
  const { inputShape, task } = request;
  const answer = answerOf(given.graph);
  const used = needed(given.graph, answer);
  refuse(used);
  refuseOldest(given.opset);
  const model = modernize({
    ...given,
    graph: tidy({ ...used, outputs: used.outputs.filter(({ name }) => name === answer) }),
  });
  const end = model.graph.outputs[0]?.name ?? '';
  const stored = withoutIdle(bindInput(onlyInput(model.graph), inputShape));
  const file = untie(stored);
  const open = freeBatch(oldSoftmax(file, given.opset, shapesOf(file, 1)), end);
  const logits = task === 'classification' ? logitsOf(open, end, shapesOf(open)) : asTheyAre(open, end);
  const width = widthOf(shapesOf(logits.graph), logits.value);
  const exit = exitFor(request, width);
  const fitting = exit === 'new head' ? withNewHead(logits, width, request) : logits.graph;
  const settled = setApart(settleWeights(onlyAnswer(fitting, logits.value)), isReserved);
  const normalization = normalizationFor(file, request);
  const entered = openEntrance(settled, { inputShape, normalization, opset: model.opset });
  const graph = openExit(entered, { ...request, binary: exit === 'binary', opset: model.opset });
  checkGraph(graph);
  const untied = file.initializers.length - stored.initializers.length + copiesIn(used);
  const notes = notesOn({ request, file, untied, squash: logits.squash, width, exit, normalization });
  return { model: { ...model, graph, metadata: { ...model.metadata, 'trainyard.task': task } }, notes };
};

const onlyInput = (graph: Graph): Graph => {
  const read = new Set(graph.nodes.flatMap(({ inputs }) => inputs));
  const inputs = graph.inputs.filter(({ name }) => read.has(name));
  if (inputs.length === 1) return { ...graph, inputs };
  const names = inputs.map(({ name }) => `“${name}”`).join(', ');
  throw new GraphError(
    `The file takes ${inputs.length} inputs (${names}); fine-tuning needs exactly one.`,
    undefined,
    'Export a model that takes one tensor, with everything else fixed.',
  );
};

/** A file whose number of rows is worked into it has shapes for one row only, until it is freed. */
const shapesOf = (graph: Graph, rows = 2): Shapes => inferShapes(graph, { [rowsSymbol]: rows });

const onlyAnswer = (graph: Graph, value: string): Graph => ({
  ...needed(graph, value),
  outputs: [{ name: value, type: 'float32', shape: [], unranked: true }],
});

const asTheyAre = (graph: Graph, value: string): Logits => ({ graph, value, squash: 'none' });

/** Numbers a row of the value `[N]`, `[N, width]` or `[N, width, 1, 1]`. */
const widthOf = (shapes: Shapes, value: string): number => {
  const [, width = 1, ...more] = shapes.get(value)?.shape ?? [];
  if (more.every((dim) => dim === 1)) return width;
  throw new GraphError(
    `The file answers each row with a table of ${[width, ...more].join(' × ')} numbers; training here needs one list.`,
    undefined,
    'Use a model that classifies a row as a whole, or predicts one number for it.',
  );
};

const exitFor = ({ task, outputs }: ImportRequest, width: number): Exit => {
  if (width === outputs) return 'as it is';
  return task === 'classification' && width === 1 && outputs === 2 ? 'binary' : 'new head';
};

const withNewHead = ({ graph, value }: Logits, before: number, { outputs, seed }: ImportRequest): Graph =>
  replaceHead(graph, { value, before, outputs, seed });

/** Names that training and serving give to values of their own. */
const isReserved = (name: string): boolean =>
  /^(input(\.mean|\.std)?|logits|probabilities|prediction|loss|mask\d+|step\..*)$/.test(name);

const normalizationFor = (file: Graph, { normalization, normalize }: ImportRequest): Normalization | null => {
  const idle = normalization.mean.every((mean) => mean === 0) && normalization.std.every((std) => std === 1);
  return idle || (normalize === 'auto' && normalizesItself(file)) ? null : normalization;
};
