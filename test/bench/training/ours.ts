import { readFileSync } from 'node:fs';
import { createInterface } from 'node:readline';
import { sizeOf } from '../../../sidecar/graph/model.ts';
import { openBareSteps } from '../../support/bare-steps.ts';
import type { Load, Timing } from './contender.ts';
import { batch, contests, modelOf } from './contests.ts';

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
  const bare = await openBareSteps(model, { batch, inputShape: contest.image });
  const buffers = await bare.stepper.buffers(batch);
  return async (): Promise<number> => {
    buffers.inputs.set(inputs);
    buffers.targets.set(targets);
    return bare.step();
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
