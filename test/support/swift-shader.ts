import { access } from 'node:fs/promises';
import { requirePrograms } from '../../tools/system-packages.ts';

/** Chromium brings SwiftShader, a graphics card in software, for Vulkan. */
const description = '/usr/lib/chromium/vk_swiftshader_icd.json';

/**
 * Lets WebGPU of this process compute in software. Must come before anything asks for an adapter.
 * Throws an Error that names what is missing where it may not be installed.
 */
export const useSwiftShader = async (): Promise<void> => {
  await requirePrograms([
    { program: 'chromium', debianPackage: 'chromium' },
    { library: 'libvulkan.so.1', debianPackage: 'libvulkan1' },
  ]);
  await access(description);
  process.env['VK_ICD_FILENAMES'] = description;
};
