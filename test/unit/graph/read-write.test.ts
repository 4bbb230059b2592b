import fc from 'fast-check';
import { InferenceSession } from 'onnxruntime-node';
import { describe, expect, test } from 'vitest';
import { GraphError } from '../../../sidecar/graph/graph-error.ts';
import type { Model } from '../../../sidecar/graph/model.ts';
import { createMessageWriter, type MessageWriter } from '../../../sidecar/graph/protobuf.ts';
import { readModel } from '../../../sidecar/graph/read.ts';
import { writeModel } from '../../../sidecar/graph/write.ts';
import { anyModel, build } from './models.ts';
import { writeWithPlaces } from '../pipeline/3-train/write-with-places.ts';
import { fileOf, node, weight } from './import/files.ts';

const bytesOf = (write: (writer: MessageWriter) => void): Uint8Array => {
  const writer = createMessageWriter();
  write(writer);
  return writer.finish();
};

/** A model file around one initializer that the test writes by hand. */
const fileWith = (tensor: (writer: MessageWriter) => void): Uint8Array =>
  bytesOf((model) => {
    model.int(1, 8);
    model.message(7, (graph) => graph.message(5, tensor));
    model.message(8, (opset) => opset.int(2, 17));
  });

const initializerOf = (bytes: Uint8Array) => readModel(bytes).graph.initializers[0];

/** What reading bytes that may be anything comes to: a model or a refusal, and nothing else. */
const outcome = (bytes: Uint8Array): 'read' | 'refused' => {
  try {
    readModel(bytes);
    return 'read';
  } catch (error) {
    if (!(error instanceof GraphError)) throw error;
    return 'refused';
  }
};

describe('a model', () => {
  test('comes back from a file as it went in', () => {
    fc.assert(
      fc.property(anyModel, (model) => {
        expect(readModel(writeModel(model))).toEqual(model);
      }),
    );
  });

  test('gives the same bytes every time', () => {
    fc.assert(
      fc.property(anyModel, (model) => {
        const bytes = writeModel(model);
        expect(writeModel(readModel(bytes))).toEqual(bytes);
      }),
    );
  });

  test('is a file that ONNX Runtime loads', async () => {
    const session = await InferenceSession.create(writeModel(build()));
    expect(session.inputNames).toEqual(['input']);
    expect(session.outputNames).toEqual(['logits', 'probabilities']);
  });

  test('keeps a whole number that is a float attribute a float', () => {
    const model = build();
    const [node, ...rest] = model.graph.nodes;
    const attributes = { epsilon: { kind: 'float', value: 0 } } as const;
    const changed: Model = { ...model, graph: { ...model.graph, nodes: [{ ...node!, attributes }, ...rest] } };
    expect(readModel(writeModel(changed)).graph.nodes[0]?.attributes).toEqual(attributes);
  });
});

describe('bytes that are no model', () => {
  test('are refused, whatever they are, and never crash or hang', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200 }), (bytes) => {
        expect(outcome(bytes)).toBe('refused');
      }),
      { numRuns: 2000 },
    );
  });

  test('are refused when a model is cut short anywhere', () => {
    const bytes = writeModel({ ...build(), metadata: {} });
    fc.assert(
      fc.property(fc.integer({ min: 0, max: bytes.length - 1 }), (length) => {
        expect(() => readModel(bytes.subarray(0, length))).toThrow(GraphError);
      }),
    );
  });

  test('are read or refused when a model is damaged', () => {
    const bytes = writeModel(build({ params: { hidden: [3] } }));
    fc.assert(
      fc.property(fc.nat({ max: bytes.length - 1 }), fc.nat({ max: 255 }), (at, value) => {
        const damaged = bytes.slice();
        damaged[at] = value;
        expect(['read', 'refused']).toContain(outcome(damaged));
      }),
      { numRuns: 3000 },
    );
  });

  test.each([
    ['nothing at all', new Uint8Array(0)],
    ['a text', new TextEncoder().encode('%PDF-1.4 this is something else')],
    ['a PNG', Uint8Array.of(0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a)],
    ['a varint without an end', new Uint8Array(64).fill(0xff)],
  ])('are called no ONNX model: %s', (_, bytes) => {
    expect(() => readModel(bytes)).toThrow(/^This is not an ONNX model/);
  });
});

describe('a file is refused', () => {
  const raw = Uint8Array.of(0, 0, 128, 63);

  test('when a tensor keeps its data in another file', () => {
    const external = fileWith((tensor) => {
      tensor.int(1, 1);
      tensor.int(2, 1);
      tensor.message(13, (entry) => {
        entry.text(1, 'location');
        entry.text(2, '../secret.bin');
      });
      tensor.int(14, 1);
    });
    expect(() => readModel(external)).toThrow(/in another file, which is not allowed/);
  });

  test('when only the location of the data says so, or only the list of places', () => {
    const located = fileWith((tensor) => {
      tensor.int(1, 1);
      tensor.int(2, 1);
      tensor.bytes(9, raw);
      tensor.int(14, 1);
    });
    const listed = fileWith((tensor) => {
      tensor.int(1, 1);
      tensor.int(2, 1);
      tensor.bytes(9, raw);
      tensor.message(13, (entry) => entry.text(1, 'location'));
    });
    expect(() => readModel(located)).toThrow(/in another file/);
    expect(() => readModel(listed)).toThrow(/in another file/);
  });

  test('when a constant inside a subgraph keeps its data in another file', () => {
    const hidden = bytesOf((model) => {
      model.int(1, 8);
      model.message(7, (graph) =>
        graph.message(1, (node) => {
          node.text(4, 'If');
          node.message(5, (attribute) => {
            attribute.text(1, 'then_branch');
            attribute.int(20, 5);
            attribute.message(6, (inner) => inner.message(5, (tensor) => tensor.int(14, 1)));
          });
        }),
      );
      model.message(8, (opset) => opset.int(2, 17));
    });
    expect(() => readModel(hidden)).toThrow(/in another file/);
  });

  test('when an attribute hides a tensor behind another type', () => {
    const hidden = bytesOf((model) => {
      model.int(1, 8);
      model.message(7, (graph) =>
        graph.message(1, (node) => {
          node.text(4, 'Relu');
          node.message(5, (attribute) => {
            attribute.text(1, 'a');
            attribute.int(20, 2);
            attribute.int(3, 1);
            attribute.message(5, (tensor) => tensor.int(14, 1));
          });
        }),
      );
      model.message(8, (opset) => opset.int(2, 17));
    });
    expect(() => readModel(hidden)).toThrow(GraphError);
  });

  test('when it gives its graph twice, which protobuf would merge', () => {
    const twice = bytesOf((model) => {
      model.int(1, 8);
      model.message(7, (graph) => graph.text(2, 'one'));
      model.message(7, (graph) => graph.message(5, (tensor) => tensor.int(14, 1)));
      model.message(8, (opset) => opset.int(2, 17));
    });
    expect(() => readModel(twice)).toThrow(/same field twice/);
  });

  test.each([
    ['fewer bytes than its dimensions ask for', [2], 4],
    ['more bytes than its dimensions ask for', [], 8],
    ['a part of an element', [1], 3],
  ])('when a tensor holds %s', (_, dims, length) => {
    const broken = fileWith((tensor) => {
      for (const dim of dims) tensor.int(1, dim);
      tensor.int(2, 1);
      tensor.bytes(9, new Uint8Array(length));
    });
    expect(() => readModel(broken)).toThrow(GraphError);
  });

  test('when dimensions multiply to more than memory, without taking that memory', () => {
    const huge = fileWith((tensor) => {
      for (const dim of [2 ** 31, 2 ** 31]) tensor.int(1, dim);
      tensor.int(2, 1);
      tensor.bytes(9, raw);
    });
    expect(() => readModel(huge)).toThrow(/impossible dimensions/);
  });

  test.each(['com.microsoft', 'evil', 'ai.onnx.training'])('when an operator is of the domain %s', (domain) => {
    const model = build();
    const [node, ...rest] = model.graph.nodes;
    const foreign: Model = { ...model, graph: { ...model.graph, nodes: [{ ...node!, domain }, ...rest] } };
    expect(() => readModel(writeModel(foreign))).toThrow(`of the domain “${domain}”`);
  });

  test('when it defines operators of its own', () => {
    const model = writeModel(build());
    const own = bytesOf((writer) => writer.message(25, (definition) => definition.text(1, 'Mine')));
    expect(() => readModel(Uint8Array.of(...model, ...own))).toThrow(/operators of its own/);
  });

  test('when an operator reads what nothing makes', () => {
    const model = build();
    const [first, ...rest] = model.graph.nodes;
    const nodes = [{ ...first!, inputs: ['ghost'] }, ...rest];
    expect(() => readModel(writeModel({ ...model, graph: { ...model.graph, nodes } }))).toThrow(/“ghost”/);
  });

  test('when two operators make the same value', () => {
    const model = build();
    const last = model.graph.nodes.at(-1)!;
    const nodes = [...model.graph.nodes, { ...last, name: 'again' }];
    expect(() => readModel(writeModel({ ...model, graph: { ...model.graph, nodes } }))).toThrow(/twice/);
  });

  test('when graphs are nested without end', () => {
    const nest = (graph: MessageWriter, depth: number): void => {
      if (depth === 0) return;
      graph.message(1, (node) => {
        node.text(4, 'If');
        node.message(5, (attribute) => {
          attribute.text(1, 'then_branch');
          attribute.message(6, (inner) => nest(inner, depth - 1));
          attribute.int(20, 5);
        });
      });
    };
    const deep = bytesOf((model) => {
      model.int(1, 8);
      model.message(7, (graph) => nest(graph, 40));
      model.message(8, (opset) => opset.int(2, 17));
    });
    expect(() => readModel(deep)).toThrow(/too deeply/);
  });
});

describe('the elements of a tensor', () => {
  const typed = (code: number, write: (writer: MessageWriter) => void) =>
    initializerOf(
      fileWith((tensor) => {
        tensor.int(1, 2);
        tensor.int(2, code);
        tensor.text(8, 'w');
        write(tensor);
      }),
    );

  test('are read from float_data, one by one or packed', () => {
    const packed = new Uint8Array(Float32Array.of(1.5, -2).buffer);
    const expected = { name: 'w', type: 'float32', dims: [2], data: Float32Array.of(1.5, -2) };
    expect(typed(1, (tensor) => [1.5, -2].forEach((value) => tensor.float(4, value)))).toEqual(expected);
    expect(typed(1, (tensor) => tensor.bytes(4, packed))).toEqual(expected);
  });

  test('are read from int64_data, negative ones too', () => {
    const data = BigInt64Array.of(-1n, 2n ** 40n);
    expect(typed(7, (tensor) => data.forEach((value) => tensor.int(7, value)))?.data).toEqual(data);
  });

  test('are read from int32_data for the small types', () => {
    const write = (tensor: MessageWriter) => [1, 0].forEach((value) => tensor.int(5, value));
    expect(typed(9, write)?.data).toEqual(Uint8Array.of(1, 0));
    expect(typed(3, write)?.data).toEqual(Int8Array.of(1, 0));
    expect(typed(10, write)?.data).toEqual(Uint16Array.of(1, 0));
    expect(typed(6, write)?.data).toEqual(Int32Array.of(1, 0));
  });

  test('are read from double_data and uint64_data', () => {
    const packed = new Uint8Array(Float64Array.of(0.1, 1e300).buffer);
    expect(typed(11, (tensor) => tensor.bytes(10, packed))?.data).toEqual(Float64Array.of(0.1, 1e300));
    const large = 2n ** 64n - 1n;
    expect(typed(13, (tensor) => [large, 0n].forEach((value) => tensor.int(11, value)))?.data).toEqual(
      BigUint64Array.of(large, 0n),
    );
  });
});

describe('a tensor whose data is in another file', () => {
  const model = fileOf({
    nodes: [node('MatMul', ['x', 'w'], 'y')],
    tensors: [weight('w', [4, 3])],
  });
  const data = model.graph.initializers[0]!.data as Float32Array;
  const place = { location: 'w.data', offset: 8, length: 48 };

  test('is refused, unless somebody brings it, who is told the place', () => {
    const bytes = writeWithPlaces(model, [place]);
    expect(() => readModel(bytes)).toThrow('keeps its data in another file, which is not allowed');
    const asked: unknown[] = [];
    const read = readModel(bytes, (where) => {
      asked.push(where);
      return new Uint8Array(data.buffer, data.byteOffset, data.byteLength);
    });
    expect(asked).toEqual([place]);
    expect(read.graph.initializers[0]!.data).toEqual(data);
  });

  test.each([
    ['no place', { ...place, location: '' }],
    ['an offset before the file', { ...place, offset: -8 }],
    ['another length than its dimensions', { ...place, length: 44 }],
  ])('is refused for %s', (_, wrong) => {
    expect(() => readModel(writeWithPlaces(model, [wrong]), () => new Uint8Array(48))).toThrow('no proper place');
  });
});
