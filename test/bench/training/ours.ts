import { readFileSync } from 'node:fs';
import { createInterface } from 'node:readline';
import { copyBatches } from '../../../sidecar/datasets/batches.ts';
import type { TrainingPlan } from '../../../sidecar/engines/engine.ts';
import { openStepper } from '../../../sidecar/engines/onnx/stepper.ts';
import { sizeOf } from '../../../sidecar/graph/model.ts';
import { stepScalars } from '../../../sidecar/graph/optimizers.ts';
import { writeModel } from '../../../sidecar/graph/write.ts';
import type { Load, Timing } from './contender.ts';
import { batch, classes, contests, modelOf } from './contests.ts';

/** Our half of the benchmark: engine `onnx` behind the protocol of contender.ts. */
const load = async ({ load: name, file, shape }: Load) => {
  const contest = contests.find((candidate) => candidate.name === name);
  if (contest === undefined) throw new Error(`There is no contest ${name}.`);
  const bytes = readFileSync(file);
  const count = sizeOf(shape);
  const floats = (from: number, length: number) =>
    new Float32Array(bytes.buffer.slice(bytes.byteOffset + from, bytes.byteOffset + from + 4 * length));
  const inputs = floats(bytes.length - 4 * (count + batch), count);
  const targets = floats(bytes.length - 4 * batch, batch);
  const model = modelOf(contest);
  const plan: TrainingPlan = {
    model: writeModel(model),
    epochs: 1,
    batchSize: batch,
    seed: 1,
    loss: 'cross_entropy',
    optimizer: { type: 'adam' },
    learningRate: 1e-3,
    device: 'cpu',
  };
  const stepper = await openStepper(model, plan, {
    inputShape: contest.image,
    outputs: classes,
    task: 'classification',
    train: { rows: batch, read: () => undefined, batches: (order) => copyBatches(() => undefined, order) },
    softTargets: false,
    validation: { rows: 0, read: () => undefined },
  });
  let steps = 0;
  return async (): Promise<number> => {
    steps += 1;
    const buffers = await stepper.buffers(batch);
    buffers.inputs.set(inputs);
    buffers.targets.set(targets);
    const update = stepScalars(plan.optimizer, plan.learningRate, steps);
    return (await stepper.step({ rows: batch, step: steps, update })).loss;
  };
};

const time = async (step: () => Promise<number>, steps: number): Promise<Timing> => {
  const [wall, cpu]: [number[], number[]] = [[], []];
  for (let index = 0; index < steps; index += 1) {
    const [started, before] = [performance.now(), process.cpuUsage()];
    await step();
    wall.push(performance.now() - started);
    const used = process.cpuUsage(before);
    cpu.push((used.user + used.system) / 1000);
  }
  return { wall, cpu, peakMb: process.resourceUsage().maxRSS / 1024 };
};

let step: (() => Promise<number>) | undefined;
for await (const line of createInterface({ input: process.stdin })) {
  const command = JSON.parse(line) as Load | { readonly steps: number };
  if ('load' in command) {
    step = await load(command);
    const losses: number[] = [];
    for (let index = 0; index < 5; index += 1) losses.push(await step());
    process.stdout.write(`${JSON.stringify(losses)}\n`);
  } else if (step !== undefined) {
    process.stdout.write(`${JSON.stringify(await time(step, command.steps))}\n`);
  }
}
process.exit(0);
