import { cudaPackage, plainPackage, webGpuPackages } from '../tfjs/packages.ts';

export type RuntimeName = 'cuda' | 'tfjs';

/** A runtime that can be put beside Trainyard's own. */
export interface Runtime {
  /** Packages of npm with their versions. */
  readonly packages: readonly string[];
  /** What the packages' own install scripts fetch besides, from where they say; they have no checksum. */
  readonly besides: string | null;
  /** For the install scripts. */
  readonly environment: Readonly<Record<string, string>>;
}

/** The versions that this Trainyard was tested with. */
const versions = { tfjs: '4.22.0', webgpu: '0.6.2', onnxruntime: '1.30.0' } as const;

const [webGpuBackend, dawn] = webGpuPackages;

/**
 * What belongs to a runtime on a machine.
 * @param cards whether there is a card by NVIDIA: only then tensorflow.js gets its CUDA form
 */
export const runtimeOf = (name: RuntimeName, cards: 'with cards' | 'without cards'): Runtime => {
  if (name === 'cuda')
    return {
      packages: [`onnxruntime-node@${versions.onnxruntime}`],
      besides: 'the CUDA 12 libraries of ONNX Runtime, some hundred megabytes; CUDA 12 and cuDNN 9 must be there',
      environment: { ONNXRUNTIME_NODE_INSTALL: 'cuda12' },
    };
  const plain = [plainPackage, webGpuBackend].map((name) => `${name}@${versions.tfjs}`);
  const everywhere = [...plain, `${dawn}@${versions.webgpu}`];
  if (cards === 'without cards') return { packages: everywhere, besides: null, environment: {} };
  return {
    packages: [...everywhere, `${cudaPackage}@${versions.tfjs}`],
    besides: 'TensorFlow with CUDA 11, some hundred megabytes',
    environment: {},
  };
};
