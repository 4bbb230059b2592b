import { mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { runCommand } from '../command.ts';

/** A symbol that a library leaves to others; `version` is empty where it asks for none. */
interface Need {
  readonly symbol: string;
  readonly version: string;
}

interface Library {
  readonly path: string;
  /** File names of the libraries that it is linked with. */
  readonly linked: readonly string[];
  readonly defined: readonly string[];
  readonly needs: readonly Need[];
  /** Version name → file name of the library that has to give it. */
  readonly versions: ReadonlyMap<string, string>;
}

/**
 * PyTorch's wheel for Linux is linked with 3 GB of CUDA libraries, none of which a computation on the processor calls.
 * For each that is not there this compiles an empty library with the same name, symbols and symbol versions, so that
 * the loader is content. Every function in it returns 999, CUDA's “unknown error”. Needs gcc and readelf.
 *
 * @param sitePackages folder that holds `torch`
 */
export const makeCudaStandIns = async (sitePackages: string): Promise<readonly string[]> => {
  const folder = join(sitePackages, 'torch', 'lib');
  const own = await readLibraries(await sharedObjects(folder));
  const vendor = await readLibraries(await sharedObjects(join(sitePackages, 'nvidia')));
  const present = new Set([...own, ...vendor].map(({ path }) => basename(path)));
  const missing = [...new Set(own.flatMap(({ linked }) => linked))].filter(
    (name) => cudaLibrary.test(name) && !present.has(name),
  );
  const defined = new Set([...own, ...vendor].flatMap((library) => library.defined));
  const unversioned = own
    .flatMap(({ needs }) => needs)
    .filter(({ symbol, version }) => version === '' && !defined.has(symbol) && !pythonSymbol.test(symbol))
    .map(({ symbol }) => symbol);
  for (const [index, name] of missing.entries())
    await compile({
      name,
      folder,
      versions: versionsOf(own, name),
      // A symbol without a version may come from any library that is loaded, so the first one has them all.
      unversioned: index === 0 ? new Set(unversioned) : new Set(),
    });
  return missing;
};

/** The driver, libcuda.so.1, is opened when it is needed and not linked. */
const cudaLibrary = /^lib(cu(?!da\.)|nccl|nvrtc|nvshmem|nvJitLink)/;
const pythonSymbol = /^_?Py/;

const sharedObjects = async (folder: string): Promise<readonly string[]> => {
  const names = await readdir(folder, { recursive: true });
  return names.filter((name) => /\.so(\.\d+)*$/.test(name)).map((name) => join(folder, name));
};

const readLibraries = (paths: readonly string[]): Promise<Library[]> => Promise.all(paths.map(readLibrary));

const readLibrary = async (path: string): Promise<Library> => {
  const [dynamic, symbols, versions] = await Promise.all(
    ['--dynamic', '--dyn-syms', '--version-info'].map((what) =>
      runCommand({ program: 'readelf', args: ['--wide', what, path] }),
    ),
  );
  const rows = (symbols ?? '').split('\n').map((line) => line.trim().split(/\s+/));
  const named = rows.flatMap(([, , , , bind, , section, name]) =>
    section === undefined || name === undefined ? [] : [{ bind, section, name }],
  );
  return {
    path,
    linked: Array.from((dynamic ?? '').matchAll(/\(NEEDED\).*\[(.*)\]/g), ([, name = '']) => name),
    defined: named.filter(({ section }) => section !== 'UND').map(({ name }) => name.replace(/@.*/, '')),
    needs: named
      .filter(({ section, bind }) => section === 'UND' && bind !== 'WEAK')
      .map(({ name }) => ({
        symbol: name.replace(/@.*/, ''),
        version: name.includes('@') ? name.replace(/.*@/, '') : '',
      })),
    versions: versionFiles(versions ?? ''),
  };
};

/** Reads the section `.gnu.version_r`: below each file the names of the versions that are wanted of it. */
const versionFiles = (text: string): ReadonlyMap<string, string> => {
  const files = new Map<string, string>();
  let file = '';
  for (const [, kind, name = ''] of text.matchAll(/(File|Name): (\S+)/g)) {
    if (kind === 'File') file = name;
    else if (file !== '') files.set(name, file);
  }
  return files;
};

const versionsOf = (libraries: readonly Library[], file: string): ReadonlyMap<string, ReadonlySet<string>> => {
  const found = new Map<string, Set<string>>();
  for (const { needs, versions } of libraries)
    for (const { symbol, version } of needs.filter((need) => versions.get(need.version) === file))
      found.set(version, (found.get(version) ?? new Set()).add(symbol));
  return found;
};

interface StandIn {
  readonly name: string;
  readonly folder: string;
  readonly versions: ReadonlyMap<string, ReadonlySet<string>>;
  readonly unversioned: ReadonlySet<string>;
}

const compile = async ({ name, folder, versions, unversioned }: StandIn): Promise<void> => {
  const work = await mkdtemp(join(tmpdir(), 'stand-in-'));
  try {
    const symbols = new Set([...unversioned, ...Array.from(versions.values()).flatMap((set) => [...set])]);
    const [source, map] = [join(work, 'stand-in.c'), join(work, 'versions.map')];
    await writeFile(source, Array.from(symbols, (symbol) => `int ${symbol}(void) { return 999; }\n`).join(''));
    await writeFile(
      map,
      Array.from(versions, ([version, set]) => `${version} { global: ${[...set].join('; ')}; };\n`).join(''),
    );
    const script = versions.size === 0 ? [] : [`-Wl,--version-script=${map}`];
    await runCommand({
      program: 'gcc',
      args: [
        '-shared',
        '-fPIC',
        '-w',
        '-fno-builtin',
        '-o',
        join(folder, name),
        source,
        `-Wl,-soname,${name}`,
        ...script,
      ],
    });
  } finally {
    await rm(work, { recursive: true, force: true });
  }
};
