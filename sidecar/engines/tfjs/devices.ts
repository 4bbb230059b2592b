import type { Device } from '../../contract/device.ts';
import { nvidiaCards } from '../nvidia.ts';
import { processor } from '../processor.ts';
import { cudaPackage, findPackage, hasAddon, packageHomes, plainPackage, webGpuPackages } from './packages.ts';
import { openWebGpu } from './web-gpu.ts';

/** Where tensorflow.js can compute on this machine, the best first; nowhere while it is not installed. */
export const devices = async (homes: readonly string[] = packageHomes()): Promise<readonly Device[]> => [
  ...(await cudaCards(homes)),
  ...(findPackage(plainPackage, homes) === undefined ? [] : [processor('tfjs'), ...(await webGpuAdapter(homes))]),
];

const cudaCards = async (homes: readonly string[]): Promise<readonly Device[]> => {
  const found = findPackage(cudaPackage, homes);
  if (found === undefined || !hasAddon(found)) return [];
  const cards = await nvidiaCards();
  return cards.map(({ index, name, memoryBytes, freeBytes, driver }) => ({
    id: `cuda:${index}`,
    name,
    engine: 'tfjs',
    memoryBytes,
    freeBytes,
    driver,
    cores: null,
  }));
};

const webGpuAdapter = async (homes: readonly string[]): Promise<readonly Device[]> => {
  if (webGpuPackages.some((name) => findPackage(name, homes) === undefined)) return [];
  const info = await openWebGpu(homes);
  if (info === null) return [];
  const name = [info.vendor, info.device || info.architecture].filter((word) => word !== '').join(' ');
  return [
    {
      id: 'webgpu',
      name: name === '' ? 'WebGPU adapter' : name,
      engine: 'tfjs',
      memoryBytes: null,
      freeBytes: null,
      driver: info.description === '' ? null : info.description,
      cores: null,
    },
  ];
};
