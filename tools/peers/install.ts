import { existsSync } from 'node:fs';
import { mkdir, readdir, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { runCommand } from '../command.ts';
import { requirePrograms } from '../system-packages.ts';
import { makeCudaStandIns } from './cuda-stand-ins.ts';

/** Current PyTorch and TensorFlow, each in an environment of its own, for tests that compare with them. */
type Peer = 'torch' | 'tensorflow';

interface Recipe {
  /** Groups of pip arguments, one call each. */
  readonly installs: readonly (readonly string[])[];
  readonly module: string;
  readonly afterwards?: (sitePackages: string) => Promise<unknown>;
}

const torchVersions = ['torch==2.15.0', 'torchvision==0.29.2'];
const torchNeeds = ['numpy==2.4.6', 'pillow', 'filelock', 'typing-extensions', 'sympy', 'networkx', 'jinja2', 'fsspec'];

const recipes: Readonly<Record<Peer, Recipe>> = {
  torch:
    process.platform === 'linux'
      ? {
          // The wheel for Linux would bring 3 GB of CUDA that nothing here calls.
          installs: [
            [...torchNeeds, 'safetensors==0.8.0'],
            ['--no-deps', ...torchVersions],
            ['--no-deps', 'nvidia-cuda-runtime==13.2.86', 'nvidia-cuda-cupti==13.2.86', 'nvidia-cufile==1.17.1.22'],
          ],
          module: 'torch',
          afterwards: makeCudaStandIns,
        }
      : { installs: [[...torchVersions, 'safetensors==0.8.0']], module: 'torch' },
  tensorflow: { installs: [['tensorflow-cpu==2.21.0']], module: 'tensorflow' },
};

const folderOf = (peer: Peer): string => join(import.meta.dirname, '../../.cache/peers', peer);

/**
 * Installs a peer once, by pip; a second call finds it and returns at once.
 * @returns its Python
 */
export const installPeer = async (peer: Peer): Promise<string> => {
  const folder = folderOf(peer);
  const python = join(folder, process.platform === 'win32' ? 'Scripts/python.exe' : 'bin/python');
  const finished = join(folder, 'finished.json');
  if (existsSync(finished)) return python;
  await requirePrograms([
    { program: 'python3', debianPackage: 'python3-venv' },
    ...(process.platform === 'linux'
      ? [
          { program: 'gcc', debianPackage: 'gcc' },
          { program: 'readelf', debianPackage: 'binutils' },
        ]
      : []),
  ]);
  const { installs, module, afterwards } = recipes[peer];
  process.stderr.write(`Installing ${peer} for the tests that compare with it (some minutes, once) …\n`);
  await rm(folder, { recursive: true, force: true });
  await mkdir(folder, { recursive: true });
  await runCommand({ program: 'python3', args: ['-m', 'venv', folder] });
  for (const packages of installs)
    await runCommand({
      program: python,
      args: ['-m', 'pip', 'install', '--quiet', '--disable-pip-version-check', ...packages],
    });
  await afterwards?.(await sitePackages(folder));
  await runCommand({ program: python, args: ['-c', `import ${module}`] });
  await writeFile(`${finished}.new`, JSON.stringify({ peer, installs }));
  await rename(`${finished}.new`, finished);
  return python;
};

/** Where pip puts packages: `lib/python3.N/site-packages`, on Windows `Lib/site-packages`. */
export const sitePackages = async (folder: string): Promise<string> => {
  if (process.platform === 'win32') return join(folder, 'Lib', 'site-packages');
  const [version = ''] = (await readdir(join(folder, 'lib'))).filter((name) => name.startsWith('python'));
  return join(folder, 'lib', version, 'site-packages');
};
