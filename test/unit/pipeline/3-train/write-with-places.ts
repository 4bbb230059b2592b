import type { Model } from '../../../../sidecar/graph/model.ts';
import { bytesOf, createMessageWriter, readFields } from '../../../../sidecar/graph/protobuf.ts';
import type { ExternalPlace } from '../../../../sidecar/graph/read-tensor.ts';
import { writeModel } from '../../../../sidecar/graph/write.ts';

/** An ONNX file whose initializers, float32 all of them, are places in other files, as onnx.proto describes them. */
export const writeWithPlaces = (model: Model, places: readonly ExternalPlace[]): Uint8Array => {
  const { graph } = model;
  const bare = writeModel({ ...model, graph: { ...graph, initializers: [] } });
  const rest = readFields(bare).find(({ number }) => number === 7)!;
  const initializers = createMessageWriter();
  for (const [index, { name, dims }] of graph.initializers.entries())
    initializers.message(5, (tensor) => {
      for (const dim of dims) tensor.int(1, dim);
      tensor.int(2, 1);
      tensor.text(8, name);
      for (const [key, value] of Object.entries(places[index]!))
        tensor.message(13, (entry) => {
          entry.text(1, key);
          entry.text(2, String(value));
        });
      tensor.int(14, 1);
    });
  const file = createMessageWriter();
  file.int(1, model.irVersion);
  file.bytes(7, Buffer.concat([initializers.finish(), bytesOf(rest)]));
  file.message(8, (opset) => {
    opset.text(1, '');
    opset.int(2, model.opset);
  });
  return file.finish();
};
