import { existsSync } from 'node:fs';
import { mkdir, readFile, readdir, rename, rm, symlink, writeFile } from 'node:fs/promises';
import { join, relative } from 'node:path';
import { runCommand } from '../command.ts';
import { requirePrograms } from '../system-packages.ts';
import { installPeer } from './install.ts';

const packages = ['@tensorflow/tfjs-node@4.22.0', 'node-addon-api@8.9.2', 'node-api-headers@1.9.0'];
const home = join(import.meta.dirname, '../../.cache/peers/tfjs-node');

/**
 * Builds @tensorflow/tfjs-node once against the TensorFlow that Python's wheel brings, since its own download of the
 * library may not be to be had. The addon was written for TensorFlow 2.9 and compiles against 2.21's interface for C.
 * @returns a file from which the package is found, as `require` would from there
 */
export const buildTfjsNode = async (): Promise<string> => {
  const from = join(home, 'from.js');
  const finished = join(home, 'finished.json');
  const recipe = JSON.stringify(packages);
  if (existsSync(finished) && (await readFile(finished, 'utf8')) === recipe) return from;
  await installPeer('tensorflow');
  await requirePrograms([{ program: 'g++', debianPackage: 'g++' }]);
  process.stderr.write('Building tfjs-node for the tests that train with it (a minute or two, once) …\n');
  await rm(home, { recursive: true, force: true });
  await mkdir(home, { recursive: true });
  await writeFile(join(home, 'package.json'), '{"private":true}\n');
  await runCommand({
    program: 'npm',
    args: ['install', '--prefix', home, '--ignore-scripts', '--no-audit', '--no-fund', '--no-save', ...packages],
  });
  await compile(join(home, 'node_modules'), await tensorflowFolder());
  await writeFile(`${finished}.new`, recipe);
  await rename(`${finished}.new`, finished);
  return from;
};

const tensorflowFolder = async (): Promise<string> => {
  const libraries = join(home, '../tensorflow/lib');
  const [python = ''] = (await readdir(libraries)).filter((name) => name.startsWith('python'));
  return join(libraries, python, 'site-packages', 'tensorflow');
};

const compile = async (modules: string, tensorflow: string): Promise<void> => {
  const root = join(modules, '@tensorflow/tfjs-node');
  const [libraries, output] = [join(root, 'deps/lib'), join(root, 'lib/napi-v8')];
  await mkdir(libraries, { recursive: true });
  await mkdir(output, { recursive: true });
  for (const part of ['cc', 'framework']) {
    const file = `libtensorflow_${part}.so.2`;
    const short = part === 'cc' ? 'libtensorflow.so' : 'libtensorflow_framework.so';
    // Relative, so that the folder of the project may be moved.
    for (const name of [file, short]) await symlink(relative(libraries, join(tensorflow, file)), join(libraries, name));
  }
  const include = [join(tensorflow, 'include'), join(modules, 'node-api-headers/include'), join(root, 'binding'), home];
  const sources = ['tfjs_backend.cc', 'tfjs_binding.cc'].map((name) => join(root, 'binding', name));
  await runCommand({
    program: 'g++',
    args: [
      ...['-std=c++17', '-O1', '-fPIC', '-shared', '-DNAPI_VERSION=8', '-DBUILDING_NODE_EXTENSION'],
      ...include.flatMap((folder) => ['-I', folder]),
      ...sources,
      ...['-o', join(output, 'tfjs_binding.node'), '-L', libraries, '-ltensorflow', '-ltensorflow_framework'],
      '-Wl,-rpath,$ORIGIN/../../deps/lib',
    ],
  });
};
