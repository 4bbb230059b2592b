import { existsSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { describeInstallation, installRuntime } from '../../../sidecar/engines/install/install.ts';
import { NpmFailed, NpmMissing } from '../../../sidecar/engines/install/npm.ts';
import { runtimeOf } from '../../../sidecar/engines/install/runtimes.ts';
import { hasCuda, trainingRuntime } from '../../../sidecar/engines/onnx/runtime.ts';
import { findPackage, packageHomes } from '../../../sidecar/engines/tfjs/packages.ts';
import { openRegistry, type OfferedPackage, type PackageRegistry } from '../../support/package-registry.ts';

const tfjs: readonly OfferedPackage[] = [
  { name: '@tensorflow/tfjs', version: '4.22.0', files: { 'main.js': 'exports.here = true;' } },
  { name: '@tensorflow/tfjs-backend-webgpu', version: '4.22.0', files: { 'main.js': '' } },
  { name: 'webgpu', version: '0.6.2', files: { 'main.js': '' } },
];

/** Writes the provider's library as the package's own script does, only when it is asked to. */
const script = `
const { mkdirSync, writeFileSync } = require('node:fs');
if (process.env.ONNXRUNTIME_NODE_INSTALL !== 'cuda12') process.exit(0);
const folder = 'bin/napi-v6/' + process.platform + '/' + process.arch;
mkdirSync(folder, { recursive: true });
writeFileSync(folder + '/libonnxruntime_providers_cuda.so', '');`;

const onnxruntime: OfferedPackage = {
  name: 'onnxruntime-node',
  version: '1.30.0',
  files: { 'main.js': '', 'script/install.js': script },
  scripts: { install: 'node script/install.js' },
};

let home: string;
let registry: PackageRegistry | undefined;
const { signal } = new AbortController();

beforeEach(() => {
  home = mkdtempSync(path.join(tmpdir(), 'runtimes-'));
  vi.stubEnv('TRAINYARD_RUNTIMES', path.join(home, 'runtimes'));
  vi.stubEnv('npm_config_cache', path.join(home, 'cache'));
  vi.stubEnv('npm_config_fetch_retries', '0');
});
afterEach(async () => {
  vi.unstubAllEnvs();
  await registry?.close();
  registry = undefined;
  rmSync(home, { recursive: true, force: true });
});

const serve = async (packages: readonly OfferedPackage[]): Promise<PackageRegistry> => {
  registry = await openRegistry(packages);
  vi.stubEnv('npm_config_registry', registry.url);
  return registry;
};

const runtime = runtimeOf('tfjs', 'without cards');
const install = (told: string[] = []) =>
  installRuntime({ name: 'tfjs', runtime, signal, tell: (line) => void told.push(line) });
const left = () => (existsSync(path.join(home, 'runtimes')) ? readdirSync(path.join(home, 'runtimes')) : []);

test('what would be downloaded is told with sizes and origin, before anything is', async () => {
  const { url, asked } = await serve(tfjs);
  const offer = await describeInstallation('tfjs', runtime, signal);
  expect(offer).toEqual({
    packages: tfjs.map(({ name, version }) => ({ name: `${name}@${version}`, bytes: 2_500_000 })),
    from: url,
    besides: null,
    folder: path.join(home, 'runtimes', 'tfjs'),
  });
  expect(asked.filter((name) => name.endsWith('.tgz'))).toEqual([]);
  expect(left()).toEqual([]);
});

test('tensorflow.js comes into the user’s folder and is found there first', async () => {
  await serve(tfjs);
  const told: string[] = [];
  const folder = await install(told);
  expect(findPackage('@tensorflow/tfjs', packageHomes())?.root).toBe(
    path.join(folder, 'node_modules', '@tensorflow', 'tfjs'),
  );
  expect(told.join('\n')).toContain('webgpu');
  expect(left()).toEqual(['tfjs']);
});

test('the CUDA runtime’s own script brings its library, and training then uses that runtime', async () => {
  await serve([onnxruntime]);
  expect(trainingRuntime().root).not.toContain(home);
  const cuda = runtimeOf('cuda', 'with cards');
  const folder = await installRuntime({ name: 'cuda', runtime: cuda, signal, tell: () => undefined });
  expect(trainingRuntime().root).toBe(path.join(folder, 'node_modules', 'onnxruntime-node'));
  expect(hasCuda(trainingRuntime())).toBe(true);
});

test('a damaged package is refused, and an earlier installation stays', async () => {
  await serve(tfjs);
  const folder = await install();
  await registry?.close();
  rmSync(path.join(home, 'cache'), { recursive: true });
  await serve(tfjs.map((offered) => (offered.name === 'webgpu' ? { ...offered, damaged: true } : offered)));
  await expect(install()).rejects.toThrow(NpmFailed);
  expect(existsSync(path.join(folder, 'node_modules', 'webgpu', 'main.js'))).toBe(true);
  expect(left()).toEqual(['tfjs']);
});

test('an installation that is stopped leaves nothing', async () => {
  await serve(tfjs);
  const stop = new AbortController();
  const tell = () => stop.abort(new Error('enough'));
  await expect(installRuntime({ name: 'tfjs', runtime, signal: stop.signal, tell })).rejects.toThrow('enough');
  expect(left()).toEqual([]);
});

test('without npm nothing can be installed, and that is said', async () => {
  vi.stubEnv('PATH', home);
  await expect(install()).rejects.toThrow(NpmMissing);
});

test('a machine with an NVIDIA card gets the CUDA form of tensorflow.js as well', () => {
  expect(runtimeOf('tfjs', 'with cards').packages).toContain('@tensorflow/tfjs-node-gpu@4.22.0');
  expect(runtime.packages).not.toContain('@tensorflow/tfjs-node-gpu@4.22.0');
});
