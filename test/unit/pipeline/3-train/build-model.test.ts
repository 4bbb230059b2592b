import { symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { Hash, RunId } from '../../../../sidecar/contract/ids.ts';
import { Training } from '../../../../sidecar/contract/training.ts';
import { Fault } from '../../../../sidecar/faults.ts';
import type { Model } from '../../../../sidecar/graph/model.ts';
import { runningStatistics, trainableParameters } from '../../../../sidecar/graph/parameters.ts';
import { writeSafeTensors } from '../../../../sidecar/graph/safetensors.ts';
import { writeModel } from '../../../../sidecar/graph/write.ts';
import { buildModel } from '../../../../sidecar/pipeline/3-train/build-model.ts';
import type { TrainInput } from '../../../../sidecar/pipeline/3-train/train-input.ts';
import { sha256Of } from '../../../../sidecar/versions/hash.ts';
import { serveFiles, type FileServer } from '../../../support/file-server.ts';
import { sharedFolder } from '../../../support/fresh-folder.ts';
import { recordedContext } from '../../../support/job-context.ts';
import { build } from '../../graph/models.ts';
import { writeWithPlaces } from './write-with-places.ts';

const folder = sharedFolder();
let server: FileServer;
beforeAll(async () => {
  server = await serveFiles();
  process.env['TRAINYARD_CACHE'] = join(folder, 'cache');
  process.env['HF_ENDPOINT'] = server.origin;
});
afterAll(async () => {
  delete process.env['TRAINYARD_CACHE'];
  delete process.env['HF_ENDPOINT'];
  await server.close();
});

const hash = Hash.parse('0'.repeat(64));

/** A training of images of 16 × 16 in three classes; what a test cares about is given. */
const inputFor = (model: Record<string, unknown>, augment: readonly object[] = []): TrainInput => ({
  root: folder,
  training: Training.parse({
    model: { name: 'mobilenetv2', params: { width: 0.1 }, ...model },
    data: { dataset: 'images', augment },
  }),
  dataset: { name: 'images', version: 1 } as unknown as TrainInput['dataset'],
  features: {
    hash,
    task: 'classification',
    inputShape: [3, 16, 16],
    classes: ['a', 'b', 'c'],
    rows: { train: 1, validation: 0, test: 0 },
    normalization: { mean: [100, 110, 120], std: [50, 51, 52] },
    columns: [],
    target: null,
  } as unknown as TrainInput['features'],
  run: RunId.parse('r1'),
  objectsFolder: folder,
  dataFolder: folder,
  featuresFolder: folder,
  outFolder: folder,
  checkpoints: { folder: folder },
});

const pretrainedOf = (outputs: number): Model =>
  build({ architecture: 'mobilenetv2', params: { width: 0.1 }, inputShape: [3, 16, 16], outputs, seed: 9 });

/** The weights and running statistics of a model, as PyTorch users save them. */
const safetensorsOf = ({ graph }: Model): Buffer => {
  const statistics = runningStatistics(graph);
  const trained = [...trainableParameters(graph), ...graph.initializers.filter(({ name }) => statistics.has(name))];
  return Buffer.concat(
    writeSafeTensors(trained.map(({ name, dims, data }) => ({ name, dims, data: data as Float32Array }))),
  );
};

const weightOf = (model: Model, name: string) =>
  model.graph.initializers.find((tensor) => tensor.name === name)!.data as Float32Array;
const constantOf = (model: Model, name: string) => {
  const value = model.graph.nodes.find(({ outputs }) => outputs[0] === name)?.attributes['value'];
  return value?.kind === 'tensor' ? [...(value.value.data as Float32Array)] : [];
};
const refusalOf = async (input: TrainInput): Promise<Fault> => {
  const outcome: unknown = await buildModel(input, recordedContext().context).catch((error: unknown) => error);
  expect(outcome).toBeInstanceOf(Fault);
  return outcome as Fault;
};

describe('model.pretrained', () => {
  const weights = pretrainedOf(1000);
  const bytes = safetensorsOf(weights);

  test('may be a path in the workspace, a file: address or a file at a server; the head begins anew for other classes', async () => {
    const path = join(folder, 'weights.safetensors');
    writeFileSync(path, bytes);
    server.files.set('/weights.safetensors', { bytes });
    const places = ['weights.safetensors', pathToFileURL(path).href, `${server.origin}/weights.safetensors`];
    for (const pretrained of places) {
      const { context, lines } = recordedContext();
      const { model } = await buildModel(inputFor({ pretrained }), context);
      expect(weightOf(model, 'features.0.0.weight')).toEqual(weightOf(weights, 'features.0.0.weight'));
      expect(weightOf(model, 'classifier.1.weight')).toHaveLength(3 * 1280);
      expect(lines.join('\n')).toContain('The file has a head of 1000 classes and the data 3; the head begins anew.');
      expect(model.metadata['trainyard.weights']).toBe(`sha256:${sha256Of(bytes)}`);
    }
  });

  test('may be an ONNX file of the same model', async () => {
    writeFileSync(join(folder, 'before.onnx'), writeModel(pretrainedOf(3)));
    const { model } = await buildModel(inputFor({ pretrained: 'before.onnx' }), recordedContext().context);
    expect(weightOf(model, 'classifier.1.weight')).toEqual(weightOf(pretrainedOf(3), 'classifier.1.weight'));
  });

  test('refuses weights of another model, a file that is not there, and one that could run code', async () => {
    writeFileSync(join(folder, 'weights.safetensors'), bytes);
    writeFileSync(join(folder, 'weights.pt'), 'anything');
    const wide = { params: { width: 1 }, pretrained: 'weights.safetensors' };
    expect((await refusalOf(inputFor(wide))).message).toContain('The weights belong to another model');
    expect((await refusalOf(inputFor({ pretrained: 'lost.safetensors' }))).message).toContain('There are no weights');
    expect((await refusalOf(inputFor({ pretrained: 'weights.pt' }))).message).toContain('could run code');
  });
});

describe('normalization', () => {
  const colours = (model: Model) => ({ mean: constantOf(model, 'input.mean'), std: constantOf(model, 'input.std') });

  test('is that of the data, unless published weights expect ImageNet’s', async () => {
    const { model } = await buildModel(inputFor({}), recordedContext().context);
    expect(colours(model)).toEqual({ mean: [100, 110, 120], std: [50, 51, 52] });
    const said = async (augment: readonly object[]) => {
      const { context, lines } = recordedContext();
      await buildModel(inputFor({ pretrained: true }, augment), context).catch(() => undefined);
      return lines.join('\n');
    };
    expect(await said([])).toContain('pixels are normalized as for ImageNet');
    expect(await said([{ normalize: 'dataset' }])).not.toContain('ImageNet');
  });
});

describe('model.freeze', () => {
  test('leaves the backbone as it is, and says how much that is', async () => {
    const { context, lines } = recordedContext();
    const { model, frozen } = await buildModel(inputFor({ freeze: 'backbone' }), context);
    const trained = trainableParameters(model.graph).map(({ name }) => name);
    expect(trained.filter((name) => !frozen.includes(name))).toEqual(['classifier.1.weight', 'classifier.1.bias']);
    expect(lines.join('\n')).toContain(`${frozen.length} tensors of weights stay as they are`);
  });

  test('refuses a pattern that no weight has', async () => {
    const { message, hint } = await refusalOf(inputFor({ freeze: ['layer1.*'] }));
    expect(message).toContain('No weight is called “layer1.*” (model.freeze). There are features.*, classifier.*');
    expect(hint).toBe('Check model.freeze in training.yaml.');
  });
});

test('the stem that was chosen is told', async () => {
  const { context, lines } = recordedContext();
  await buildModel(inputFor({}), context);
  expect(lines.join('\n')).toContain('images of 16 × 16: the stem is 3x3 with stride 1 and no pooling');
});

describe('model.name that is a file', () => {
  const file = { params: {}, name: 'net.onnx' };
  const put = (model: Model | string) =>
    writeFileSync(join(folder, 'net.onnx'), typeof model === 'string' ? model : writeModel(model));

  test('is fine-tuned: its weights are where training starts, and what it does not hold is told', async () => {
    const before = pretrainedOf(5);
    put({ ...before, producer: 'somebody' });
    const { context, lines } = recordedContext();
    const { model, frozen } = await buildModel(inputFor({ ...file, freeze: 'backbone' }), context);
    expect(weightOf(model, 'features.0.0.weight')).toEqual(weightOf(before, 'features.0.0.weight'));
    expect(model.graph.outputs.map(({ name }) => name)).toEqual(['logits', 'probabilities']);
    expect(lines.join('\n')).toContain('The file answers with 5 numbers and the data needs 3; the head begins anew.');
    expect(frozen).not.toContain('classifier.1.weight');
  });

  test('may get the weights of another file', async () => {
    put(pretrainedOf(3));
    const other = build({ architecture: 'mobilenetv2', params: { width: 0.1 }, inputShape: [3, 16, 16], seed: 77 });
    writeFileSync(join(folder, 'other.safetensors'), safetensorsOf(other));
    const { model } = await buildModel(
      inputFor({ ...file, pretrained: 'other.safetensors' }),
      recordedContext().context,
    );
    expect(weightOf(model, 'features.0.0.weight')).toEqual(weightOf(other, 'features.0.0.weight'));
  });

  test('is refused where it is not there, is no model, or cannot be loaded, each with what to do', async () => {
    expect(await refusalOf(inputFor({ ...file, name: 'lost.onnx' }))).toMatchObject({
      message: expect.stringContaining('There is no model at') as string,
      hint: 'Check model.name; a path is read relative to the workspace.',
    });
    put('no model at all');
    expect((await refusalOf(inputFor(file))).code).toBe('configuration-invalid');
    put(pretrainedOf(3));
    expect((await refusalOf(inputFor({ ...file, params: { width: 2 } }))).message).toContain(
      'model.params.width is for',
    );
    expect((await refusalOf(inputFor({ ...file, pretrained: true }))).message).toBe('net.onnx brings its own weights.');
    const { graph, ...rest } = pretrainedOf(3);
    const wrong = graph.nodes.map((node) =>
      node.op === 'BatchNormalization'
        ? { ...node, attributes: { epsilom: { kind: 'float', value: 1 } as const } }
        : node,
    );
    put({ ...rest, graph: { ...graph, nodes: wrong } });
    expect(await refusalOf(inputFor(file))).toMatchObject({
      code: 'model-invalid',
      message: expect.stringContaining('ONNX Runtime refuses') as string,
    });
  });

  test('with an operator that has no gradient is refused by the operator’s name and with the way out', async () => {
    const { graph, ...rest } = pretrainedOf(3);
    const nodes = graph.nodes.map((node) => (node.op === 'Relu' ? { ...node, op: 'Selu2' } : node));
    put({
      ...rest,
      graph: {
        ...graph,
        nodes: nodes.map((node) => (node.op === 'Clip' ? { ...node, op: 'Erfc', name: 'odd' } : node)),
      },
    });
    const { message, hint } = await refusalOf(inputFor(file));
    expect(message).toBe('The operator Erfc cannot be fine-tuned. It is the node “odd”.');
    expect(hint).toContain('export again');
  });
});

describe('a model whose weights lie in a second file, as PyTorch exports it', () => {
  /** The model as bytes whose float32 initializers are places in another file, and that file. */
  const splitModel = (model: Model, location: string): { readonly bytes: Uint8Array; readonly data: Buffer } => {
    const parts: Buffer[] = [];
    let offset = 0;
    const places = model.graph.initializers.map(({ data }) => {
      const part = Buffer.from(
        (data as Float32Array).buffer,
        (data as Float32Array).byteOffset,
        (data as Float32Array).byteLength,
      );
      parts.push(part);
      offset += part.length;
      return { location, offset: offset - part.length, length: part.length };
    });
    return { bytes: writeWithPlaces(model, places), data: Buffer.concat(parts) };
  };

  const floatsOnly = (model: Model): Model => ({
    ...model,
    producer: 'somebody',
    graph: {
      ...model.graph,
      nodes: [
        ...model.graph.initializers
          .filter(({ type }) => type !== 'float32')
          .map((tensor) => ({
            name: `constant ${tensor.name}`,
            op: 'Constant',
            domain: '',
            inputs: [],
            outputs: [tensor.name],
            attributes: { value: { kind: 'tensor', value: { ...tensor, name: '' } } as const },
          })),
        ...model.graph.nodes,
      ],
      initializers: model.graph.initializers.filter(({ type }) => type === 'float32'),
    },
  });

  const input = () => inputFor({ name: 'net.onnx', params: {} });

  test('is fine-tuned with the weights from there', async () => {
    const whole = floatsOnly(pretrainedOf(3));
    const { bytes, data } = splitModel(whole, 'net.onnx.data');
    writeFileSync(join(folder, 'net.onnx'), bytes);
    writeFileSync(join(folder, 'net.onnx.data'), data);
    const { model } = await buildModel(input(), recordedContext().context);
    expect(weightOf(model, 'features.0.0.weight')).toEqual(weightOf(whole, 'features.0.0.weight'));
    expect(weightOf(model, 'classifier.1.weight')).toEqual(weightOf(whole, 'classifier.1.weight'));
  });

  test('is refused where the second file is lost, too short, a link, or in another folder', async () => {
    const whole = floatsOnly(pretrainedOf(3));
    const put = (location: string) => {
      const { bytes, data } = splitModel(whole, location);
      writeFileSync(join(folder, 'net.onnx'), bytes);
      return data;
    };
    const data = put('lost.data');
    expect((await refusalOf(input())).message).toBe('The model keeps its data in “lost.data”, which is not there.');
    put('short.data');
    writeFileSync(join(folder, 'short.data'), data.subarray(0, 1000));
    expect((await refusalOf(input())).message).toBe('“short.data” is shorter than the model says.');
    put('link.data');
    symlinkSync(join(folder, 'short.data'), join(folder, 'link.data'));
    expect((await refusalOf(input())).message).toContain('which is not a file beside it');
    for (const location of ['../net.data', '/etc/passwd', 'a/b.data', '..', 'c:net.data', 'a\\b']) {
      put(location);
      const { message, hint } = await refusalOf(input());
      expect(message).toBe(`The model keeps its data in “${location}”, which is not a file beside it.`);
      expect(hint).toContain('external_data=False');
    }
  });
});
