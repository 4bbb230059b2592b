import fc from 'fast-check';
import type { BuildRequest } from '../../../sidecar/graph/build.ts';
import { buildModel } from '../../../sidecar/graph/build.ts';
import type { Attribute, ElementType, Graph, Model, Node, Tensor, ValueInfo } from '../../../sidecar/graph/model.ts';
import { sizeOf } from '../../../sidecar/graph/model.ts';

/** A small classifier; what a test cares about is given. */
export const build = (given: Partial<BuildRequest> = {}): Model =>
  buildModel({
    architecture: 'mlp',
    params: {},
    inputShape: [4],
    outputs: 3,
    task: 'classification',
    seed: 1,
    normalization: { mean: [0], std: [1] },
    ...given,
  });

const arrays = {
  float32: (size: number) => fc.float32Array({ minLength: size, maxLength: size, noNaN: true }),
  float64: (size: number) => fc.float64Array({ minLength: size, maxLength: size, noNaN: true }),
  uint8: (size: number) => fc.uint8Array({ minLength: size, maxLength: size }),
  int8: (size: number) => fc.int8Array({ minLength: size, maxLength: size }),
  uint16: (size: number) => fc.uint16Array({ minLength: size, maxLength: size }),
  int16: (size: number) => fc.int16Array({ minLength: size, maxLength: size }),
  int32: (size: number) => fc.int32Array({ minLength: size, maxLength: size }),
  uint32: (size: number) => fc.uint32Array({ minLength: size, maxLength: size }),
  int64: (size: number) => fc.bigInt64Array({ minLength: size, maxLength: size }),
  uint64: (size: number) => fc.bigUint64Array({ minLength: size, maxLength: size }),
  bool: (size: number) => fc.uint8Array({ minLength: size, maxLength: size, max: 1 }),
  float16: (size: number) => fc.uint16Array({ minLength: size, maxLength: size }),
  bfloat16: (size: number) => fc.uint16Array({ minLength: size, maxLength: size }),
  string: (size: number) => fc.array(fc.string({ unit: 'grapheme' }), { minLength: size, maxLength: size }),
} satisfies Record<ElementType, (size: number) => fc.Arbitrary<Tensor['data']>>;

const types = Object.keys(arrays) as ElementType[];

const tensor = (name: string): fc.Arbitrary<Tensor> =>
  fc
    .tuple(fc.constantFrom(...types), fc.array(fc.integer({ min: 0, max: 4 }), { maxLength: 3 }))
    .chain(([type, dims]) => arrays[type](sizeOf(dims)).map((data): Tensor => ({ name, type, dims, data })));

const exactFloat = fc.float({ noNaN: true });
const whole = fc.maxSafeInteger();
const text = fc.string({ unit: 'grapheme' });

const attribute: fc.Arbitrary<Attribute> = fc.oneof(
  exactFloat.map((value): Attribute => ({ kind: 'float', value })),
  whole.map((value): Attribute => ({ kind: 'int', value })),
  text.map((value): Attribute => ({ kind: 'string', value })),
  tensor('').map((value): Attribute => ({ kind: 'tensor', value })),
  fc.array(exactFloat).map((value): Attribute => ({ kind: 'floats', value })),
  fc.array(whole).map((value): Attribute => ({ kind: 'ints', value })),
  fc.array(text).map((value): Attribute => ({ kind: 'strings', value })),
);

const attributes = fc.dictionary(fc.stringMatching(/^[a-z]{1,8}$/), attribute, { maxKeys: 4, noNullPrototype: true });

/** A chain of nodes over one input and some initializers: legal in form, without meaning. */
const graph: fc.Arbitrary<Graph> = fc
  .record({
    name: text,
    initializers: fc
      .integer({ min: 0, max: 3 })
      .chain((count) => fc.tuple(...Array.from({ length: count }, (_, index) => tensor(`w${index}`)))),
    nodes: fc.array(fc.record({ op: fc.stringMatching(/^[A-Z][a-z]{1,6}$/), attributes }), { maxLength: 4 }),
    type: fc.constantFrom(...types),
    shape: fc.array(fc.oneof(fc.nat({ max: 1000 }), fc.constantFrom('N', 'length', '')), { maxLength: 4 }),
  })
  .map(({ name, initializers, nodes, type, shape }): Graph => {
    const value = (at: number) => (at === 0 ? 'x' : `y${at}`);
    return {
      name,
      initializers,
      nodes: nodes.map((node, index): Node => ({
        ...node,
        name: `node${index}`,
        domain: '',
        inputs: [value(index), '', ...initializers.map((weight) => weight.name)],
        outputs: [value(index + 1)],
      })),
      inputs: [{ name: 'x', type, shape }],
      outputs: [{ name: value(nodes.length), type, shape: [], unranked: true } satisfies ValueInfo],
    };
  });

/** Any model that a file can hold, subgraphs among its attributes. */
export const anyModel: fc.Arbitrary<Model> = fc
  .record({
    irVersion: fc.integer({ min: 3, max: 12 }),
    opset: fc.integer({ min: 7, max: 25 }),
    mlOpset: fc.option(fc.integer({ min: 1, max: 5 }), { nil: undefined }),
    producer: text,
    graph,
    inner: fc.option(graph, { nil: undefined }),
    metadata: fc.dictionary(fc.string({ minLength: 1 }), text, { noNullPrototype: true }),
  })
  .map(({ graph: outer, inner, mlOpset, ...rest }) => ({
    ...rest,
    ...(mlOpset === undefined ? {} : { mlOpset }),
    graph: inner === undefined ? outer : withSubgraph(outer, inner),
  }));

const withSubgraph = (outer: Graph, inner: Graph): Graph => {
  const renamed: Graph = {
    ...inner,
    initializers: [],
    nodes: [],
    inputs: [{ name: 'inner', type: 'float32', shape: [] }],
    outputs: [{ name: 'inner', type: 'float32', shape: [] }],
  };
  const node: Node = {
    name: 'loop',
    op: 'Loop',
    domain: '',
    inputs: [],
    outputs: ['looped'],
    attributes: { body: { kind: 'graph', value: renamed } },
  };
  return { ...outer, nodes: [...outer.nodes, node] };
};
