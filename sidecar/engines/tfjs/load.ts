import { createRequire } from 'node:module';
import { DeviceMissing, EngineMissing } from '../engine.ts';
import { driverIdOf, numberCardsByBus } from '../nvidia.ts';
import type { Tensorflow } from './operators/rule.ts';
import type { Package } from './packages.ts';
import {
  cudaPackage,
  findPackage,
  hasAddon,
  nativePackage,
  packageHomes,
  plainPackage,
  webGpuPackages,
} from './packages.ts';
import { openWebGpu } from './web-gpu.ts';

/**
 * Loads tensorflow.js with the backend for a device: `cpu` with the native library where @tensorflow/tfjs-node is
 * installed, `webgpu`, or `cuda:N`. Loading takes seconds and prints, so this belongs into a child process, where
 * one device is used for as long as it lives.
 *
 * Throws EngineMissing where the package is not installed, and DeviceMissing where it does not get at the device.
 */
export const loadTensorflow = async (
  device: string,
  homes: readonly string[] = packageHomes(),
): Promise<Tensorflow> => {
  const [kind = '', card = '0'] = device.split(':');
  const open = Object.hasOwn(loaders, kind) ? loaders[kind] : undefined;
  if (open === undefined) throw new DeviceMissing(device, 'tensorflow.js computes on cpu, webgpu and cuda.');
  const tf = await open({ device, card, homes });
  // Without it the library checks every number, and advises on the console.
  tf.enableProdMode();
  return tf;
};

interface Request {
  readonly device: string;
  readonly card: string;
  readonly homes: readonly string[];
}

type Load = (request: Request) => Promise<Tensorflow>;

const processor: Load = async ({ homes }) => {
  const native = findPackage(nativePackage, homes);
  if (native !== undefined && hasAddon(native)) return loadNative(native);
  const tf = await loadPlain(homes);
  await tf.setBackend('cpu');
  return tf;
};

const webGpu: Load = async ({ device, homes }) => {
  const tf = await loadPlain(homes);
  const missing = webGpuPackages.find((name) => findPackage(name, homes) === undefined);
  if (missing !== undefined) throw new EngineMissing('tfjs', missing);
  await openWebGpu(homes);
  await findPackage(webGpuPackages[0], homes)?.load(webGpuPackages[0]);
  if (!(await tf.setBackend('webgpu'))) throw new DeviceMissing(device, 'tensorflow.js finds no WebGPU adapter.');
  return tf;
};

/** The cards are numbered by what the library may see, which is decided before it is loaded. */
const cuda: Load = ({ device, card, homes }) => {
  const found = findPackage(cudaPackage, homes);
  if (found === undefined || !hasAddon(found)) throw new EngineMissing('tfjs', cudaPackage);
  numberCardsByBus();
  const shown = driverIdOf(Number(card));
  if (shown === undefined) throw new DeviceMissing(device, 'CUDA_VISIBLE_DEVICES shows fewer cards.');
  process.env['CUDA_VISIBLE_DEVICES'] = shown;
  return loadNative(found).catch((error: unknown) => {
    throw new DeviceMissing(device, `${cudaPackage} does not load: ${firstLine(error)}`);
  });
};

const loaders: Readonly<Record<string, Load>> = { cpu: processor, webgpu: webGpu, cuda };

const loadPlain = async (homes: readonly string[]): Promise<Tensorflow> => {
  const found = findPackage(plainPackage, homes);
  if (found === undefined) throw new EngineMissing('tfjs', plainPackage);
  return (await found.load(plainPackage)) as Tensorflow;
};

/** Loads a package with the TensorFlow library inside. */
export const loadNative = async (found: Package): Promise<Tensorflow> => {
  restoreRemovedFunction();
  // TensorFlow tells of every library that it looks for.
  process.env['TF_CPP_MIN_LOG_LEVEL'] ??= '3';
  const tf = (await found.load(found.name)) as Tensorflow;
  await tf.setBackend('tensorflow');
  return tf;
};

/** The native packages call this function of Node, which Node 23 and later no longer have. */
const restoreRemovedFunction = (): void => {
  const util = createRequire(import.meta.url)('node:util') as { isNullOrUndefined?: (value: unknown) => boolean };
  util.isNullOrUndefined ??= (value) => value === null || value === undefined;
};

const firstLine = (error: unknown): string =>
  String(error instanceof Error ? error.message : error).split('\n')[0] ?? '';
