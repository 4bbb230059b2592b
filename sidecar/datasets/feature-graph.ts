import type { ColumnTransform, Features } from '../contract/features.ts';
import { modelInvalid } from '../faults.ts';
import { createAssembly } from '../graph/assembly.ts';
import { intAttribute } from '../graph/attributes.ts';
import { createColumnGraph, type ColumnGraph } from '../graph/feature-columns.ts';
import { GraphError } from '../graph/graph-error.ts';
import type { Graph, Model } from '../graph/model.ts';
import { writtenIrVersion, writtenOpset } from '../graph/model.ts';
import { behindSeam, prepend } from '../graph/prepend.ts';
import { readModel } from '../graph/read.ts';
import { writeModel } from '../graph/write.ts';
import { rawColumnsOf } from './raw-columns.ts';

/** Begins the names of all values of a feature graph. */
const PREFIX = 'features.';
/** The oldest operator set in which every operator of the feature graph takes float64. */
const OLDEST_OPSET = 13;

/** Name of the encoded rows. */
const ENCODED = 'features.encoded';

/**
 * The transforms of a table as a graph: one input a column, `[N, 1]`, to the encoded rows, float32 `[N, F]`. Featurize
 * writes rows with it, and a model is served with it in front, so that training and serving cannot differ.
 *
 * Numbers go in as float64, as pandas holds them: seconds since 1970 do not fit into float32, and a mean is taken away
 * exactly. Dates go in as seconds, since operators that take texts apart need a newer operator set than models are
 * written in.
 * @param taken names that no input may have; one that would is called `column <name>`
 */
const featureGraph = (columns: Features['columns'], taken: ReadonlySet<string> = new Set()): Graph => {
  const assembly = createAssembly(PREFIX, writtenOpset);
  const graph = createColumnGraph(assembly, PREFIX);
  const encoded = assembly.add(
    'Concat',
    columns.map((transform) => encode(graph, transform, inputNameOf(transform.column, taken))),
    { axis: intAttribute(1) },
    ENCODED,
  );
  return {
    name: 'features',
    nodes: assembly.nodes(),
    inputs: rawColumnsOf(columns).map(({ column, type }) => ({
      name: inputNameOf(column, taken),
      type: type === 'text' ? 'string' : 'float64',
      shape: ['N', 1],
    })),
    outputs: [{ name: encoded, type: 'float32', shape: ['N', 'F'] }],
    initializers: assembly.constants(),
  };
};

const inputNameOf = (column: string, taken: ReadonlySet<string>): string =>
  taken.has(column) || column.startsWith(PREFIX) ? inputNameOf(`column ${column}`, taken) : column;

const encode = (graph: ColumnGraph, transform: ColumnTransform, column: string): string => {
  switch (transform.kind) {
    case 'number':
      return graph.scaled(column, { fill: transform.fill, shift: 0, scale: 1 });
    case 'scaled':
      return graph.scaled(column, transform);
    case 'log1p':
      return graph.log1p(column, transform.fill);
    case 'onehot':
      return graph.oneHot(column, transform.categories, transform.others === true ? 'others' : 'zeros');
    case 'hash':
      return graph.hashed(column, transform.buckets);
    case 'bucket':
      return graph.bucketed(column, transform.boundaries);
    case 'date':
      return graph.calendar(column, transform.fill);
  }
};

/** The feature graph as a model of its own, and the name of its output. */
export const featureModel = (
  columns: Features['columns'],
): { readonly model: Uint8Array; readonly output: string } => ({
  output: ENCODED,
  model: writeModel({
    irVersion: writtenIrVersion,
    opset: writtenOpset,
    mlOpset: 3,
    producer: 'trainyard',
    graph: featureGraph(columns),
    metadata: {},
  }),
});

/**
 * A model of encoded rows with the feature graph in front, so that it takes raw columns by their names. Models of
 * pictures, and models that have several inputs already, stay as they are.
 * @throws Fault `model-invalid` when the two do not fit together
 */
export const withRawColumns = (bytes: Uint8Array, { columns }: Features): Uint8Array => {
  if (columns.length === 0) return bytes;
  return explained(() => {
    const model = readModel(bytes);
    if (!takesEncodedRows(model)) return bytes;
    if (model.opset < OLDEST_OPSET)
      throw new GraphError(`The model is of operator set ${model.opset}; export it with ${OLDEST_OPSET} or newer.`);
    const outputs = new Set(model.graph.outputs.map(({ name }) => name));
    return writeModel(prepend(featureGraph(columns, outputs), model));
  });
};

const takesEncodedRows = ({ graph: { inputs } }: Model): boolean =>
  inputs.length === 1 && inputs[0]?.type === 'float32' && (inputs[0].unranked === true || inputs[0].shape.length === 2);

/** The half of a model that takes encoded rows; the model itself where it takes them already. */
export const withoutRawColumns = (bytes: Uint8Array, { columns, inputShape }: Features): Uint8Array => {
  if (columns.length === 0) return bytes;
  return explained(() => {
    const behind = behindSeam(readModel(bytes), inputShape[0] ?? 0);
    return behind === null ? bytes : writeModel(behind);
  });
};

const explained = (make: () => Uint8Array): Uint8Array => {
  try {
    return make();
  } catch (error) {
    if (error instanceof GraphError) throw modelInvalid(error.message.replace(/\.$/, ''));
    throw error;
  }
};
