import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { availableParallelism, cpus, tmpdir } from 'node:os';
import path from 'node:path';
import { createRandom } from '../../../sidecar/graph/random.ts';
import { sizeOf } from '../../../sidecar/graph/model.ts';
import { installPeer } from '../../../tools/peers/install.ts';
import type { Contender, Load, Timing } from './contender.ts';
import { programs, startContender } from './contender.ts';
import type { Contest } from './contests.ts';
import { batch, classes, contests, modelOf, stepGflop } from './contests.ts';
import { measurePeak } from './peak.ts';

/**
 * Step time and peak memory of engine `onnx` on the processor against PyTorch (eager, in its default layout and in
 * channels_last) and Keras on TensorFlow, at batch 64 with Adam in float32; and against the rate of square products of
 * matrices in the same run. Each contender is a process of its own; rounds of all of them alternate, and ratios are taken
 * round by round. By the clock nothing else should run; the processor's own time holds on a busy machine as well.
 *
 *     node test/bench/training/main.ts [contest …] [--rounds=5]
 */
const asked = process.argv.slice(2).filter((word) => !word.startsWith('--'));
const rounds = Number(/--rounds=(\d+)/.exec(process.argv.join(' '))?.[1] ?? 5);
const threads = availableParallelism();

const median = (values: readonly number[]): number =>
  values.toSorted((a, b) => a - b)[values.length >> 1] ?? Number.NaN;
const best = (values: readonly number[]): number => Math.min(...values);

/** Writes the weights of the contest's model and a batch of noise. */
const writeLoad = (contest: Contest, folder: string): Load => {
  const { graph } = modelOf(contest);
  const random = createRandom(3);
  const shape = [batch, ...contest.image];
  const tensors = graph.initializers.filter(({ type, dims }) => type === 'float32' && dims.length > 0);
  const inputs = Float32Array.from({ length: sizeOf(shape) }, random.uniform);
  const targets = Float32Array.from({ length: batch }, () => random.below(classes));
  const file = path.join(folder, contest.name);
  const all = [...tensors.map(({ data }) => data as Float32Array), inputs, targets];
  writeFileSync(file, Buffer.concat(all.map((data) => new Uint8Array(data.buffer, data.byteOffset, data.byteLength))));
  return { load: contest.name, file, tensors: tensors.map(({ name, dims }) => [name, dims]), shape, threads };
};

interface Course {
  readonly contender: Contender;
  readonly losses: readonly number[];
  readonly rounds: Timing[];
}

const race = async (
  contest: Contest,
  load: Load,
  python: Parameters<typeof programs>[0],
): Promise<readonly Course[]> => {
  const courses: Course[] = [];
  for (const program of programs(python)) {
    const contender = startContender(program);
    courses.push({ contender, losses: await contender.load(load), rounds: [] });
  }
  for (let round = 0; round < rounds; round += 1)
    for (const course of courses) course.rounds.push(await course.contender.steps(contest.steps));
  for (const { contender } of courses) contender.close();
  return courses;
};

const report = (contest: Contest, courses: readonly Course[], peaks: Awaited<ReturnType<typeof measurePeak>>): void => {
  const [ours, ...others] = courses;
  if (ours === undefined) return;
  const gflop = stepGflop(modelOf(contest));
  for (const { contender, losses, rounds: timings } of courses) {
    const [wall, cpu] = [timings.flatMap((timing) => timing.wall), timings.flatMap((timing) => timing.cpu)];
    const ratio = (of: 'wall' | 'cpu') =>
      median(timings.map((timing, round) => median(timing[of]) / median(ours.rounds[round]?.[of] ?? [])));
    // Later losses of networks with many normalizations drift apart by rounding alone.
    const difference = Math.abs((ours.losses[0] ?? 0) / (losses[0] ?? 1) - 1);
    console.log(
      [
        contest.name.padEnd(12),
        contender.name.padEnd(22),
        `wall best ${best(wall).toFixed(1)} median ${median(wall).toFixed(1)} ms`.padEnd(36),
        `cpu median ${median(cpu).toFixed(1)} ms`.padEnd(24),
        `peak ${Math.max(...timings.map(({ peakMb }) => peakMb)).toFixed(0)} MB`.padEnd(14),
        contender === ours.contender
          ? ''
          : `theirs / ours: wall ${ratio('wall').toFixed(2)}, cpu ${ratio('cpu').toFixed(2)}`,
        losses.length > 0 && contender !== ours.contender ? `, first loss within ${difference.toExponential(1)}` : '',
      ].join(' '),
    );
  }
  const [wall, cpu] = [ours.rounds.flatMap((timing) => timing.wall), ours.rounds.flatMap((timing) => timing.cpu)];
  const share = (rate: number, peak: number) =>
    `${rate.toFixed(0)} GFLOP/s = ${((100 * rate) / peak).toFixed(0)} % of the SGEMM peak`;
  console.log(
    `${contest.name.padEnd(12)} ${gflop.toFixed(2)} GFLOP a step: by the clock ${share((1000 * gflop) / median(wall), peaks.wall)}; a processor ${share((1000 * gflop) / median(cpu), peaks.cpu)}`,
  );
  const fastest = others.map(({ rounds: timings }) => median(timings.flatMap((timing) => timing.cpu)));
  console.log(
    `${contest.name.padEnd(12)} the fastest peer / ours, processor time: ${(best(fastest) / median(cpu)).toFixed(2)}\n`,
  );
};

const python = { torch: await installPeer('torch'), tensorflow: await installPeer('tensorflow') };
const folder = mkdtempSync(path.join(tmpdir(), 'bench-'));
console.log(
  `${cpus()[0]?.model.trim() ?? 'processor'}, ${threads} threads, batch ${batch}, Adam, float32, ${rounds} rounds\n`,
);
for (const contest of contests.filter(({ name }) => asked.length === 0 || asked.includes(name))) {
  const before = await measurePeak(threads);
  const courses = await race(contest, writeLoad(contest, folder), python);
  const after = await measurePeak(threads);
  report(contest, courses, { wall: Math.max(before.wall, after.wall), cpu: Math.max(before.cpu, after.cpu) });
}
rmSync(folder, { recursive: true });
