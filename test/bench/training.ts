import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { availableParallelism, cpus, tmpdir } from 'node:os';
import path from 'node:path';
import { InferenceSession, Tensor } from 'onnxruntime-node';
import { copyBatches } from '../../sidecar/datasets/batches.ts';
import type { TrainingPlan } from '../../sidecar/engines/engine.ts';
import { openStepper } from '../../sidecar/engines/onnx/stepper.ts';
import { createAssembly } from '../../sidecar/graph/assembly.ts';
import type { BuildRequest } from '../../sidecar/graph/build.ts';
import { buildModel } from '../../sidecar/graph/build.ts';
import type { Model } from '../../sidecar/graph/model.ts';
import { sizeOf, writtenIrVersion, writtenOpset } from '../../sidecar/graph/model.ts';
import { createRandom } from '../../sidecar/graph/random.ts';
import { stepScalars } from '../../sidecar/graph/optimizers.ts';
import type { Shapes } from '../../sidecar/graph/shapes.ts';
import { inferShapes } from '../../sidecar/graph/shapes.ts';
import { writeModel } from '../../sidecar/graph/write.ts';
import type { TorchProcess } from './torch-process.ts';
import { startTorch } from './torch-process.ts';

/**
 * Step time of the mlp and the cnn on 28x28 images, batch 64, Adam, float32, on the processor: against PyTorch where
 * Python has it, and against the largest product of matrices that ONNX Runtime reaches in the same run.
 * Rounds of ours and theirs alternate; ratios are taken per round. Nothing else should run on the machine.
 *
 *     node test/bench/training.ts            (PYTHON=… for another Python)
 */
const batch = 64;
const rounds = 7;
const contests = [
  { name: 'mlp', request: { architecture: 'mlp', params: { hidden: [256, 128] } }, steps: 200 },
  { name: 'cnn', request: { architecture: 'cnn', params: { dropout: 0 } }, steps: 60 },
] as const;

const model = (given: Pick<BuildRequest, 'architecture' | 'params'>): Model =>
  buildModel({
    ...given,
    inputShape: [1, 28, 28],
    outputs: 10,
    task: 'classification',
    seed: 1,
    normalization: { mean: [0], std: [1] },
  });

const median = (values: readonly number[]): number =>
  values.toSorted((a, b) => a - b)[values.length >> 1] ?? Number.NaN;
const best = (values: readonly number[]): number => Math.min(...values);
const shown = (value: number, digits = 2): string => value.toFixed(digits);

interface Resident {
  readonly inputs: Float32Array;
  readonly targets: Float32Array;
}

const residentBatch = (): Resident => {
  const random = createRandom(3);
  return {
    inputs: Float32Array.from({ length: batch * 784 }, random.uniform),
    targets: Float32Array.from({ length: batch }, () => random.below(10)),
  };
};

const startOurs = async (forward: Model, { inputs, targets }: Resident): Promise<Contestant> => {
  const plan: TrainingPlan = {
    model: writeModel(forward),
    epochs: 1,
    batchSize: batch,
    seed: 1,
    loss: 'cross_entropy',
    optimizer: { type: 'adam' },
    learningRate: 1e-3,
    device: 'cpu',
  };
  const stepper = await openStepper(forward, plan, {
    inputShape: [1, 28, 28],
    outputs: 10,
    task: 'classification',
    train: { rows: batch, read: () => undefined, batches: (order) => copyBatches(() => undefined, order) },
    softTargets: false,
    validation: { rows: 0, read: () => undefined },
  });
  let steps = 0;
  return {
    close: stepper.close,
    step: async () => {
      steps += 1;
      const buffers = await stepper.buffers(batch);
      buffers.inputs.set(inputs);
      buffers.targets.set(targets);
      const update = stepScalars(plan.optimizer, plan.learningRate, steps);
      return (await stepper.step({ rows: batch, step: steps, update })).loss;
    },
  };
};

/** Learns from the one batch again and again. */
interface Contestant {
  /** @returns the loss before the step */
  readonly step: () => Promise<number>;
  readonly close: () => Promise<void>;
}

const timeOurs = async (ours: Contestant, steps: number): Promise<number[]> => {
  const times: number[] = [];
  for (let step = 0; step < steps; step += 1) {
    const started = performance.now();
    await ours.step();
    times.push(performance.now() - started);
  }
  return times;
};

/** Largest rate of a square product, in 10^9 floating-point operations a second. */
const measurePeak = async (): Promise<number> => {
  const rates: number[] = [];
  for (const size of [512, 1024, 2048]) {
    const assembly = createAssembly('p', writtenOpset);
    assembly.add('MatMul', ['a', 'b'], {}, 'c');
    const value = (name: string) => ({ name, type: 'float32' as const, shape: [size, size] });
    const product: Model = {
      irVersion: writtenIrVersion,
      opset: writtenOpset,
      producer: 'bench',
      metadata: {},
      graph: {
        name: 'peak',
        nodes: assembly.nodes(),
        inputs: [value('a'), value('b')],
        outputs: [value('c')],
        initializers: [],
      },
    };
    const session = await InferenceSession.create(writeModel(product), { intraOpNumThreads: availableParallelism() });
    const matrix = () => new Tensor('float32', new Float32Array(size * size).fill(1), [size, size]);
    const feeds = { a: matrix(), b: matrix() };
    for (let run = 0; run < 12; run += 1) {
      const started = performance.now();
      await session.run(feeds, { c: matrix() });
      rates.push((2 * size ** 3) / (performance.now() - started) / 1e6);
    }
    await session.release();
  }
  return Math.max(...rates);
};

/** Multiplications and additions of convolutions and products in one step, in 10^9. */
const stepGflop = ({ graph }: Model): number => {
  const shapes: Shapes = inferShapes(graph, { N: batch });
  const shapeOf = (name = '') => shapes.get(name)?.shape ?? [];
  const forward = graph.nodes.flatMap(({ op, inputs, outputs }) => {
    const inner = { Conv: () => sizeOf(shapeOf(inputs[1]).slice(1)), Gemm: () => shapeOf(inputs[1])[1] ?? 0 }[op];
    return inner === undefined ? [] : [2 * sizeOf(shapeOf(outputs[0])) * inner()];
  });
  // Backward costs twice the forward pass, but nobody asks for the gradient of the input.
  return forward.reduce((sum, flop, index) => sum + flop * (index === 0 ? 2 : 3), 0) / 1e9;
};

/** Gives PyTorch the weights and the batch, and returns its first losses. */
const loadTheirs = async (torch: TorchProcess, name: string, forward: Model, resident: Resident): Promise<number[]> => {
  const folder = mkdtempSync(path.join(tmpdir(), 'bench-'));
  const file = path.join(folder, 'tensors');
  const tensors = forward.graph.initializers.filter(({ type, dims }) => type === 'float32' && dims.length > 0);
  const all = [...tensors.map(({ data }) => data as Float32Array), resident.inputs, resident.targets];
  writeFileSync(file, Buffer.concat(all.map((data) => new Uint8Array(data.buffer, data.byteOffset, data.byteLength))));
  const shape = name === 'mlp' ? [batch, 784] : [batch, 1, 28, 28];
  const { losses = [] } = await torch.ask({
    load: name,
    file,
    tensors: tensors.map((tensor) => [tensor.name, tensor.dims]),
    batch: [shape, batch],
    threads: availableParallelism(),
  });
  rmSync(folder, { recursive: true });
  return losses;
};

const compareLosses = async (ours: Contestant, theirs: readonly number[]): Promise<number> => {
  let worst = 0;
  for (const loss of theirs) worst = Math.max(worst, Math.abs((await ours.step()) / loss - 1));
  return worst;
};

const main = async (): Promise<void> => {
  const torch = await startTorch();
  console.log(
    `${cpus()[0]?.model.trim() ?? 'processor'}, ${availableParallelism()} threads, batch ${batch}, Adam, float32`,
  );
  console.log(torch === null ? 'PyTorch was not found: no comparison (set PYTHON).' : `PyTorch ${torch.version}`);
  const peaks = [await measurePeak()];
  for (const { name, request, steps } of contests) {
    const forward = model(request);
    const resident = residentBatch();
    const stepper = await startOurs(forward, resident);
    if (torch !== null) {
      const worst = await compareLosses(stepper, await loadTheirs(torch, name, forward, resident));
      console.log(`${name}: the first five losses differ from PyTorch's by at most ${worst.toExponential(1)}`);
    }
    const [ours, theirs, ratios]: [number[], number[], number[]] = [[], [], []];
    for (let round = 0; round < rounds; round += 1) {
      const mine = await timeOurs(stepper, steps);
      ours.push(...mine);
      const other = (await torch?.ask({ steps }))?.['ms'] ?? [];
      theirs.push(...other);
      if (other.length > 0) ratios.push(median(other) / median(mine));
    }
    await stepper.close();
    peaks.push(await measurePeak());
    const gflop = stepGflop(forward);
    const rate = (1000 * gflop) / best(ours);
    console.log(
      `${name}: ours best ${shown(best(ours))} ms, median ${shown(median(ours))} ms a step (${shown(gflop, 3)} GFLOP)`,
    );
    console.log(
      `${name}: ${shown(rate, 1)} GFLOP/s = ${shown((100 * rate) / Math.max(...peaks), 0)} % of the SGEMM peak`,
    );
    if (ratios.length > 0) {
      console.log(`${name}: PyTorch best ${shown(best(theirs))} ms, median ${shown(median(theirs))} ms`);
      console.log(
        `${name}: PyTorch / ours per round ${ratios.map((ratio) => shown(ratio)).join(' ')}, median ${shown(median(ratios))}`,
      );
    }
  }
  console.log(`SGEMM peak of this run: ${peaks.map((peak) => shown(peak, 0)).join(', ')} GFLOP/s`);
  torch?.close();
};

await main();
