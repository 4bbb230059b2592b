import { existsSync, readFileSync, readdirSync } from 'node:fs';
import { createRequire } from 'node:module';
import { availableParallelism, cpus, freemem, totalmem } from 'node:os';
import path from 'node:path';
import { listSupportedBackends } from 'onnxruntime-node';
import type { Device } from '../../contract/device.ts';
import { buildModel } from '../../graph/build.ts';
import { writeModel } from '../../graph/write.ts';
import { float32Tensor, openSession } from './session.ts';

/**
 * Where ONNX Runtime can compute on this machine: CUDA cards, the processor, and a WebGPU adapter.
 * A card or an adapter is listed only when a small model has run on it.
 */
export const devices = async (): Promise<readonly Device[]> => [
  ...(await cudaCards()),
  processor(),
  ...(await webGpuAdapter()),
];

const processor = (): Device => ({
  id: 'cpu',
  name: cpus()[0]?.model.trim() ?? 'processor',
  engine: 'onnx',
  memoryBytes: totalmem(),
  freeBytes: freemem(),
  driver: null,
  cores: availableParallelism(),
});

/** The memory of a card is not told by the runtime. */
const accelerator = (id: string, name: string, driver: string | null): Device => ({
  id,
  name,
  engine: 'onnx',
  memoryBytes: null,
  freeBytes: null,
  driver,
  cores: null,
});

const webGpuAdapter = async (): Promise<readonly Device[]> => {
  const bundled = listSupportedBackends().some(({ name, bundled }) => name === 'webgpu' && bundled);
  return bundled && (await answers('webgpu')) ? [accelerator('webgpu', 'WebGPU adapter', null)] : [];
};

const cudaCards = async (): Promise<readonly Device[]> => {
  if (!cudaInstalled()) return [];
  const cards: Device[] = [];
  const names = cardNames();
  for (const [index, name] of names.entries())
    if (await answers(`cuda:${index}`)) cards.push(accelerator(`cuda:${index}`, name, driverVersion()));
  return cards;
};

/** The CUDA provider is a file beside the runtime that its install script may fetch; only Linux has one. */
const cudaInstalled = (): boolean => {
  const root = path.dirname(createRequire(import.meta.url).resolve('onnxruntime-node/package.json'));
  const file = path.join(root, 'bin', 'napi-v6', process.platform, process.arch, 'libonnxruntime_providers_cuda.so');
  return existsSync(file);
};

/** Where the NVIDIA driver for Linux lists its cards, one folder each. */
const driverFolder = '/proc/driver/nvidia';

const cardNames = (): readonly string[] => {
  const folder = path.join(driverFolder, 'gpus');
  if (!existsSync(folder)) return [];
  return readdirSync(folder)
    .toSorted()
    .map((card) => /Model:\s*(.+)/.exec(readFileSync(path.join(folder, card, 'information'), 'utf8'))?.[1] ?? card);
};

const driverVersion = (): string | null => {
  const file = path.join(driverFolder, 'version');
  return existsSync(file) ? (/Kernel Module.*?\s([\d.]+)\s/.exec(readFileSync(file, 'utf8'))?.[1] ?? null) : null;
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
