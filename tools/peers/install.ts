import { existsSync } from 'node:fs';
import { mkdir, readdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { runCommand } from '../command.ts';
import { requirePrograms } from '../system-packages.ts';
import { makeCudaStandIns } from './cuda-stand-ins.ts';

/** Other people's programs, each in an environment of its own, for tests that compare and work together with them. */
type Peer = 'torch' | 'tensorflow' | 'dvc' | 'moto';

type Installs = readonly (readonly string[])[];

interface Recipe {
  /** Groups of pip arguments, one call each. */
  readonly installs: Installs;
  readonly module: string;
  readonly afterwards?: (sitePackages: string) => Promise<unknown>;
}

const torchVersions = ['torch==2.15.0', 'torchvision==0.29.2'];
const torchNeeds = ['numpy==2.4.6', 'pillow', 'filelock', 'typing-extensions', 'sympy', 'networkx', 'jinja2', 'fsspec'];

/** What its exporters of ONNX need, and scikit-learn with its own. */
const exporters = ['onnx==1.23.2', 'onnxscript==0.7.2', 'scikit-learn==1.9.1', 'skl2onnx==1.20.0'];

const recipes: Readonly<Record<Peer, Recipe>> = {
  torch:
    process.platform === 'linux'
      ? {
          // The wheel for Linux would bring 3 GB of CUDA that nothing here calls.
          installs: [
            [...torchNeeds, 'safetensors==0.8.0'],
            ['--no-deps', ...torchVersions],
            ['--no-deps', 'nvidia-cuda-runtime==13.2.86', 'nvidia-cuda-cupti==13.2.86', 'nvidia-cufile==1.17.1.22'],
            exporters,
          ],
          module: 'torch',
          afterwards: makeCudaStandIns,
        }
      : { installs: [[...torchVersions, 'safetensors==0.8.0'], exporters], module: 'torch' },
  // tf2onnx is what Keras exports ONNX files with.
  tensorflow: { installs: [['tensorflow-cpu==2.21.0'], ['tf2onnx==1.17.0']], module: 'tensorflow' },
  dvc: { installs: [['dvc[s3]==3.67.1']], module: 'dvc' },
  // An S3 server with right conditional writes, which checks neither signatures nor Content-MD5.
  moto: { installs: [['moto[server]==5.2.5']], module: 'moto.server' },
};

const folderOf = (peer: Peer): string => join(import.meta.dirname, '../../.cache/peers', peer);

/**
 * Installs a peer once, by pip; a second call finds it and returns at once. What a recipe has gained since is added.
 * @returns its Python
 */
export const installPeer = async (peer: Peer): Promise<string> => {
  const folder = folderOf(peer);
  const python = join(folder, process.platform === 'win32' ? 'Scripts/python.exe' : 'bin/python');
  const finished = join(folder, 'finished.json');
  const { installs, module, afterwards } = recipes[peer];
  const further = furtherInstalls(await readInstalls(finished), installs);
  if (further !== null && further.length === 0) return python;
  process.stderr.write(`Installing ${peer} for the tests that compare with it (some minutes, once) …\n`);
  if (further === null) await makeEnvironment(folder);
  for (const packages of further ?? installs)
    await runCommand({
      program: python,
      args: ['-m', 'pip', 'install', '--quiet', '--disable-pip-version-check', ...packages],
    });
  if (further === null) await afterwards?.(await sitePackages(folder));
  await runCommand({ program: python, args: ['-c', `import ${module}`] });
  await writeFile(`${finished}.new`, JSON.stringify({ peer, installs }));
  await rename(`${finished}.new`, finished);
  return python;
};

/** Groups that a recipe has behind those that were installed; null where it has changed and all begins anew. */
export const furtherInstalls = (done: Installs | null, wanted: Installs): Installs | null => {
  const isBeginning = done?.every((group, index) => group.join(' ') === wanted[index]?.join(' '));
  return isBeginning === true ? wanted.slice(done?.length) : null;
};

const readInstalls = async (finished: string): Promise<Installs | null> =>
  existsSync(finished) ? (JSON.parse(await readFile(finished, 'utf8')) as { installs: Installs }).installs : null;

const makeEnvironment = async (folder: string): Promise<void> => {
  await requirePrograms([
    { program: 'python3', debianPackage: 'python3-venv' },
    ...(process.platform === 'linux'
      ? [
          { program: 'gcc', debianPackage: 'gcc' },
          { program: 'readelf', debianPackage: 'binutils' },
        ]
      : []),
  ]);
  await rm(folder, { recursive: true, force: true });
  await mkdir(folder, { recursive: true });
  await runCommand({ program: 'python3', args: ['-m', 'venv', folder] });
};

/** Where pip puts packages: `lib/python3.N/site-packages`, on Windows `Lib/site-packages`. */
export const sitePackages = async (folder: string): Promise<string> => {
  if (process.platform === 'win32') return join(folder, 'Lib', 'site-packages');
  const [version = ''] = (await readdir(join(folder, 'lib'))).filter((name) => name.startsWith('python'));
  return join(folder, 'lib', version, 'site-packages');
};
