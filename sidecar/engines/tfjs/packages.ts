import { existsSync, readFileSync, readdirSync } from 'node:fs';
import { createRequire } from 'node:module';
import path from 'node:path';
import { pathToFileURL } from 'node:url';
import { runtimesFolder } from '../runtimes-folder.ts';

/** The forms of tensorflow.js, and what `trainyard devices install tfjs` brings. */
export const plainPackage = '@tensorflow/tfjs';
export const nativePackage = '@tensorflow/tfjs-node';
export const cudaPackage = '@tensorflow/tfjs-node-gpu';
export const webGpuPackages = ['@tensorflow/tfjs-backend-webgpu', 'webgpu'] as const;

/** An installed package of npm. */
export interface Package {
  readonly name: string;
  readonly version: string;
  readonly root: string;
  /** Loads it, or what lies beside it, as it would itself. */
  readonly load: (name: string) => Promise<unknown>;
}

/** Folders or files from which packages are looked for, as `require` would from there: the user's own come first. */
export const packageHomes = (): readonly string[] => [path.join(runtimesFolder(), 'tfjs', 'from.js'), import.meta.url];

export const findPackage = (name: string, homes: readonly string[]): Package | undefined => {
  for (const home of homes) {
    const require = createRequire(home);
    const root = rootOf(require, name);
    if (root === undefined) continue;
    const { version } = JSON.parse(readFileSync(path.join(root, 'package.json'), 'utf8')) as { version: string };
    return { name, version, root, load: (wanted) => loadWith(require, wanted) };
  }
  return undefined;
};

/** The packages are of both kinds: CommonJS, and modules that only `import` loads. */
const loadWith = async (require: NodeJS.Require, name: string): Promise<unknown> => {
  const loaded = (await import(pathToFileURL(require.resolve(name)).href)) as { readonly default?: unknown };
  return loaded.default ?? loaded;
};

const rootOf = (require: NodeJS.Require, name: string): string | undefined => {
  try {
    return path.dirname(require.resolve(`${name}/package.json`));
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'MODULE_NOT_FOUND') return undefined;
    throw error;
  }
};

/** Whether a package with a native addon has it; the addon lies in a folder for each version of Node's interface. */
export const hasAddon = ({ root }: Package): boolean => {
  const folder = path.join(root, 'lib');
  if (!existsSync(folder)) return false;
  return readdirSync(folder).some((name) => existsSync(path.join(folder, name, 'tfjs_binding.node')));
};
