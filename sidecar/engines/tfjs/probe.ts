import { existsSync, readFileSync, readdirSync } from 'node:fs';
import { createRequire } from 'node:module';
import path from 'node:path';

/** Whether tensorflow.js with its native library can compute here. */
export interface TfjsProbe {
  readonly state: 'package-absent' | 'binary-absent' | 'unusable' | 'usable';
  /** Of the package; null where there is none. */
  readonly version: string | null;
  readonly sentence: string;
  /** What brings the next state nearer; null where nothing is missing. */
  readonly command: string | null;
}

const packageName = '@tensorflow/tfjs-node-gpu';

/**
 * Looks for `@tensorflow/tfjs-node-gpu`, which is never needed, and loads it where it is complete. Loading takes
 * seconds and prints to stderr, so this belongs into a process of its own.
 *
 * @param from a path or file address from which the package is looked for, as `require` would from there
 */
export const probeTfjs = (from: string = import.meta.url): TfjsProbe => {
  const require = createRequire(from);
  const root = packageRoot(require);
  if (root === null)
    return {
      state: 'package-absent',
      version: null,
      sentence: `tensorflow.js for CUDA is not installed (${packageName}); Trainyard does not need it.`,
      command: `npm install ${packageName}`,
    };
  const version = versionOf(root);
  if (!hasBinary(root))
    return {
      state: 'binary-absent',
      version,
      sentence: `${packageName} ${version} is installed without its native library, which its install script downloads.`,
      command: `npm rebuild ${packageName}`,
    };
  return load(require, version);
};

const packageRoot = (require: NodeJS.Require): string | null => {
  try {
    return path.dirname(require.resolve(`${packageName}/package.json`));
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'MODULE_NOT_FOUND') return null;
    throw error;
  }
};

const versionOf = (root: string): string => {
  const { version } = JSON.parse(readFileSync(path.join(root, 'package.json'), 'utf8')) as { version: string };
  return version;
};

/** The addon lies in a folder for each version of Node's binary interface. */
const hasBinary = (root: string): boolean => {
  const folder = path.join(root, 'lib');
  if (!existsSync(folder)) return false;
  return readdirSync(folder).some((name) => existsSync(path.join(folder, name, 'tfjs_binding.node')));
};

const load = (require: NodeJS.Require, version: string): TfjsProbe => {
  // The package calls this function of Node, which Node 23 and later no longer have.
  const util = require('node:util') as { isNullOrUndefined?: (value: unknown) => boolean };
  util.isNullOrUndefined ??= (value) => value === null || value === undefined;
  try {
    const { getBackend } = require(packageName) as { getBackend: () => string };
    const sentence = `${packageName} ${version} is usable; its backend is “${getBackend()}”.`;
    return { state: 'usable', version, sentence, command: null };
  } catch (error) {
    const [reason = ''] = String(error instanceof Error ? error.message : error).split('\n');
    return {
      state: 'unusable',
      version,
      sentence: `${packageName} ${version} is installed but does not load: ${reason}`,
      command: `npm rebuild ${packageName}`,
    };
  }
};
