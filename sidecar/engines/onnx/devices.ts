import type { Device } from '../../contract/device.ts';
import { buildModel } from '../../graph/build.ts';
import { writeModel } from '../../graph/write.ts';
import { nvidiaCards } from '../nvidia.ts';
import { processor } from '../processor.ts';
import { hasCuda, listSupportedBackends, trainingRuntime } from './runtime.ts';
import { float32Tensor, openSession } from './session.ts';

/**
 * Where ONNX Runtime can compute on this machine: CUDA cards, the processor, and a WebGPU adapter.
 * A card or an adapter is listed only when a small model has run on it.
 */
export const devices = async (): Promise<readonly Device[]> => [
  ...(await cudaCards()),
  processor('onnx'),
  ...(await webGpuAdapter()),
];

/** The runtime tells nothing of its adapter but that it computes. */
const webGpuAdapter = async (): Promise<readonly Device[]> => {
  const bundled = listSupportedBackends().some(({ name, bundled }) => name === 'webgpu' && bundled);
  if (!bundled || !(await answers('webgpu'))) return [];
  const unknown = { memoryBytes: null, freeBytes: null, driver: null, cores: null };
  return [{ id: 'webgpu', name: 'WebGPU adapter', engine: 'onnx', ...unknown }];
};

const cudaCards = async (): Promise<readonly Device[]> => {
  if (!hasCuda(trainingRuntime())) return [];
  const cards: Device[] = [];
  for (const { index, name, memoryBytes, freeBytes, driver } of await nvidiaCards())
    if (await answers(`cuda:${index}`))
      cards.push({ id: `cuda:${index}`, name, engine: 'onnx', memoryBytes, freeBytes, driver, cores: null });
  return cards;
};

/** Whether a model of one layer runs there. The runtime says why not on stderr; here it only matters that it does not. */
const answers = async (device: string): Promise<boolean> => {
  const probe = buildModel({
    architecture: 'linear',
    params: {},
    inputShape: [1],
    outputs: 1,
    task: 'regression',
    seed: 0,
    normalization: { mean: [0], std: [1] },
  });
  try {
    const session = await openSession(writeModel(probe), device);
    await session.run({ input: float32Tensor(new Float32Array(1), [1, 1]) }, ['prediction']);
    await session.close();
    return true;
  } catch {
    return false;
  }
};
