import { existsSync } from 'node:fs';
import { mkdir, readdir, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { runCommand } from './command.ts';
import { findProgram, requirePrograms } from './system-packages.ts';

/** VS Code 1.139.1 as an npm package, and the Node it is made for. Change both together. */
const codeServerVersion = '4.139.1';
const nodeVersion = '24.21.0';

const root = join(import.meta.dirname, '..');

/** Where an installed workbench lies. */
export interface Installation {
  /** The Node binary that runs the server and hence the extension host. */
  readonly node: string;
  /** VS Code's own web server. */
  readonly serverMain: string;
  /** The command line that installs a VSIX. */
  readonly commandLine: string;
  readonly chromium: string;
}

/**
 * Installs a real VS Code workbench and a browser, once: a second call finds them and returns at once.
 * Needs the npm registry and, when Chromium or a compiler is missing, root on Debian.
 */
export async function installWorkbench(): Promise<Installation> {
  await requirePrograms([{ program: 'chromium', debianPackage: 'chromium' }]);
  const nodePackage = `node-${process.platform}-${process.arch}`;
  const folder = join(root, '.cache/workbench', `${codeServerVersion}-${nodePackage}-${nodeVersion}`);
  if (!existsSync(folder)) await install(folder, nodePackage);
  const server = join(folder, 'node_modules/code-server');
  return {
    node: join(folder, 'node_modules', nodePackage, 'bin/node'),
    serverMain: join(server, 'lib/vscode/out/server-main.js'),
    commandLine: join(server, 'out/node/entry.js'),
    chromium: (await findProgram('chromium')) ?? 'chromium',
  };
}

async function install(folder: string, nodePackage: string): Promise<void> {
  // Without spdlog the Output panel stays empty, without the watchdog orphaned hosts live on;
  // neither has a prebuilt binary, so a compiler is needed once.
  await requirePrograms([
    { program: 'g++', debianPackage: 'g++' },
    { program: 'make', debianPackage: 'make' },
    { program: 'python3', debianPackage: 'python3' },
  ]);
  const building = `${folder}.building`;
  await rm(building, { recursive: true, force: true });
  await mkdir(building, { recursive: true });
  await writeFile(join(building, 'package.json'), JSON.stringify({ name: 'workbench', private: true }));
  const quiet = ['--ignore-scripts', '--no-audit', '--no-fund', '--engine-strict=false'];
  const packages = [`code-server@${codeServerVersion}`, `${nodePackage}@${nodeVersion}`];
  const env = ownNpmEnvironment();
  await runCommand({ program: 'npm', args: ['install', ...quiet, '--save-exact', ...packages], cwd: building, env });
  const vscode = join(building, 'node_modules/code-server/lib/vscode');
  await runCommand({ program: 'npm', args: ['install', ...quiet, '--omit=dev'], cwd: vscode, env });
  await runCommand({
    program: 'npm',
    args: ['rebuild', '@vscode/spdlog', '@vscode/native-watchdog'],
    cwd: vscode,
    env: { ...env, npm_config_nodedir: join(building, 'node_modules', nodePackage) },
  });
  await dropUnused(vscode);
  // Renamed last: a folder with the final name is always a whole one.
  await rename(building, folder);
}

/** Copilot and the Mermaid preview are a third of the bytes and start processes of their own. */
async function dropUnused(vscode: string): Promise<void> {
  const github = join(vscode, 'node_modules/@github');
  const copilot = existsSync(github) ? (await readdir(github)).filter((name) => name.startsWith('copilot-')) : [];
  const unused = [
    ...copilot.map((name) => join(github, name)),
    join(vscode, 'node_modules/@microsoft/mxc-sdk'),
    join(vscode, 'extensions/copilot'),
    join(vscode, 'extensions/mermaid-markdown-features'),
  ];
  await Promise.all(unused.map((path) => rm(path, { recursive: true, force: true })));
}

/** npm started by `npm run` inherits the outer project's settings; the workbench is a project of its own. */
function ownNpmEnvironment(): NodeJS.ProcessEnv {
  const outer = /^npm_(package|lifecycle|command|config_local_prefix|config_allow_scripts)/;
  return Object.fromEntries(Object.entries(process.env).filter(([name]) => !outer.test(name)));
}

if (import.meta.main) {
  const { serverMain } = await installWorkbench();
  console.log(`The workbench is at ${serverMain}`);
}
