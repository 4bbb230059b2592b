import { findPackage } from './packages.ts';

/** The part of the package `webgpu` that is used here: Dawn, the WebGPU of Chromium, for Node. */
interface Dawn {
  readonly create: (options: readonly string[]) => Gpu;
  readonly globals: Readonly<Record<string, unknown>>;
}

interface Gpu {
  readonly requestAdapter: () => Promise<Adapter | null>;
}

interface Adapter {
  readonly info: {
    readonly vendor: string;
    readonly architecture: string;
    readonly device: string;
    readonly description: string;
  };
}

/** Two of them in one process wait for each other for ever. */
let opened: Promise<Adapter['info'] | null> | undefined;

/**
 * Gives this process a WebGPU, as a browser has one, and says which adapter answers; null where there is none, or
 * where the package is not installed.
 */
export const openWebGpu = (homes: readonly string[]): Promise<Adapter['info'] | null> => (opened ??= open(homes));

const open = async (homes: readonly string[]): Promise<Adapter['info'] | null> => {
  const found = findPackage('webgpu', homes);
  if (found === undefined) return null;
  const { create, globals } = (await found.load('webgpu')) as Dawn;
  const gpu = create([]);
  Object.assign(globalThis, globals);
  Object.defineProperty(globalThis, 'navigator', { value: { userAgent: 'Node.js', gpu }, configurable: true });
  return (await gpu.requestAdapter())?.info ?? null;
};
