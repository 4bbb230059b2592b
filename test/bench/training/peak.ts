import { InferenceSession, Tensor } from 'onnxruntime-node';
import { createAssembly } from '../../../sidecar/graph/assembly.ts';
import { writtenIrVersion, writtenOpset } from '../../../sidecar/graph/model.ts';
import { writeModel } from '../../../sidecar/graph/write.ts';

const median = (values: readonly number[]): number => values.toSorted((a, b) => a - b)[values.length >> 1] ?? 0;

/** Rates of square products of float32 matrices in ONNX Runtime, in 10^9 operations a second of the clock and of a processor. */
export interface Peak {
  readonly wall: number;
  readonly cpu: number;
}

/** The largest median rate of three sizes. */
export const measurePeak = async (threads: number): Promise<Peak> => {
  let best: Peak = { wall: 0, cpu: 0 };
  for (const size of [512, 1024, 2048]) {
    const { wall, cpu } = await rateOf(size, threads);
    best = { wall: Math.max(best.wall, wall), cpu: Math.max(best.cpu, cpu) };
  }
  return best;
};

const rateOf = async (size: number, threads: number): Promise<Peak> => {
  const assembly = createAssembly('p', writtenOpset);
  assembly.add('MatMul', ['a', 'b'], {}, 'c');
  const value = (name: string) => ({ name, type: 'float32' as const, shape: [size, size] });
  const bytes = writeModel({
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
  });
  const session = await InferenceSession.create(bytes, { intraOpNumThreads: threads });
  const matrix = () => new Tensor('float32', new Float32Array(size * size).fill(1), [size, size]);
  const [feeds, fetches] = [{ a: matrix(), b: matrix() }, { c: matrix() }];
  const [wall, cpu]: [number[], number[]] = [[], []];
  for (let run = 0; run < 12; run += 1) {
    const [started, before] = [performance.now(), process.cpuUsage()];
    await session.run(feeds, fetches);
    const used = process.cpuUsage(before);
    const gflop = (2 * size ** 3) / 1e6;
    wall.push(gflop / (performance.now() - started));
    cpu.push((1000 * gflop) / (used.user + used.system));
  }
  await session.release();
  return { wall: median(wall), cpu: median(cpu) };
};
