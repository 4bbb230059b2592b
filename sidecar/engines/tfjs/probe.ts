import { loadNative } from './load.ts';
import { cudaPackage, findPackage, hasAddon, packageHomes, plainPackage } from './packages.ts';

/** Whether tensorflow.js with its native library can compute here. */
export interface TfjsProbe {
  readonly state: 'package-absent' | 'binary-absent' | 'unusable' | 'usable';
  /** Of the package; null where there is none. */
  readonly version: string | null;
  readonly sentence: string;
  /** What brings the next state nearer; null where nothing is missing. */
  readonly command: string | null;
}

const install = 'trainyard devices install tfjs';

/**
 * Looks for tensorflow.js, which is never needed, and loads its form for CUDA where that is complete. Loading takes
 * seconds and prints to stderr, so this belongs into a process of its own.
 *
 * @param homes paths or file addresses from which packages are looked for, as `require` would from there
 */
export const probeTfjs = async (homes: readonly string[] = packageHomes()): Promise<TfjsProbe> => {
  const found = findPackage(cudaPackage, homes);
  if (found === undefined || !hasAddon(found)) return withoutCuda(homes, found?.version ?? null);
  const { version } = found;
  try {
    const backend = (await loadNative(found)).getBackend();
    const sentence = `${cudaPackage} ${version} is usable; its backend is “${backend}”.`;
    return { state: 'usable', version, sentence, command: null };
  } catch (error) {
    const [reason = ''] = String(error instanceof Error ? error.message : error).split('\n');
    const sentence = `${cudaPackage} ${version} is installed but does not load: ${reason}`;
    return { state: 'unusable', version, sentence, command: install };
  }
};

/** Without its form for CUDA it still computes on the processor and by WebGPU. */
const withoutCuda = (homes: readonly string[], cudaVersion: string | null): TfjsProbe => {
  const plain = findPackage(plainPackage, homes);
  const state = cudaVersion === null ? 'package-absent' : 'binary-absent';
  if (plain === undefined) {
    const sentence = 'tensorflow.js is not installed; Trainyard does not need it.';
    return { state, version: cudaVersion, sentence, command: install };
  }
  const sentence = `${plainPackage} ${plain.version} is usable; for CUDA it lacks ${cudaVersion === null ? cudaPackage : `the native library of ${cudaPackage}`}.`;
  return { state, version: plain.version, sentence, command: install };
};
