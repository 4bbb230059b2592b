import { arch, cpus, platform } from 'node:os';
import { productVersion } from '../product-version.ts';

/** What a result may depend on besides code, data and configuration. */
export const environmentOf = (onnxruntime: string): Record<string, string> => ({
  trainyard: productVersion,
  node: process.versions.node,
  onnxruntime,
  platform: `${platform()}-${arch()}`,
  // Kernels are chosen by the processor, so the last bits of a sum may differ between two of them.
  cpu: cpus()[0]?.model.trim() ?? 'unknown',
});
