import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { cp, mkdir, mkdtemp, readFile, realpath, rm, symlink, writeFile } from 'node:fs/promises';
import { createServer, type AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { runCommand } from '../../tools/command.ts';
import { installWorkbench, type Installation } from '../../tools/workbench.ts';

/** What the workbench is started with: a package as users get it, or a folder that holds one. */
export type Extension = { readonly vsix: string } | { readonly folder: string };

export interface ServerOptions {
  readonly extension: Extension;
  /** `ask`: the dialog of Workspace Trust appears. `trusted`: there is no such thing as trust. */
  readonly trust: 'ask' | 'trusted';
  readonly settings?: Readonly<Record<string, unknown>>;
  /** Tests inside the extension host need the driver; it suppresses toasts, so tests of pages must not have it. */
  readonly purpose: 'pages' | 'inside-host';
  readonly environment?: Readonly<Record<string, string>>;
}

export interface WorkbenchServer {
  /** `http://127.0.0.1:PORT` */
  readonly origin: string;
  readonly chromium: string;
  /** Everything this server writes: settings, extensions, logs, the home folder of its processes. */
  readonly home: string;
  readonly extensionsFolder: string;
  readonly stop: () => Promise<void>;
}

const quietSettings = {
  'workbench.startupEditor': 'none',
  'telemetry.telemetryLevel': 'off',
  'update.mode': 'none',
  'extensions.autoCheckUpdates': false,
  'extensions.autoUpdate': false,
  'extensions.ignoreRecommendations': true,
  'workbench.tips.enabled': false,
  'git.enabled': false,
  'remote.autoForwardPorts': false,
  'chat.disableAIFeatures': true,
  'workbench.secondarySideBar.defaultVisibility': 'hidden',
  'security.workspace.trust.startupPrompt': 'always',
  'workbench.colorTheme': 'Dark Modern',
  'window.autoDetectColorScheme': false,
};

/** Starts VS Code's own server with fresh folders and one extension; ready to be opened in a browser. */
export async function startWorkbenchServer(options: ServerOptions): Promise<WorkbenchServer> {
  const installation = await installWorkbench();
  const home = await realpath(await mkdtemp(join(tmpdir(), 'workbench-')));
  const userData = join(home, 'data');
  const extensionsFolder = join(home, 'extensions');
  await mkdir(join(userData, 'User'), { recursive: true });
  await mkdir(extensionsFolder, { recursive: true });
  const trust = options.trust === 'trusted' ? { 'security.workspace.trust.enabled': false } : {};
  const settings = { ...quietSettings, ...trust, ...options.settings };
  await writeFile(join(userData, 'User/settings.json'), JSON.stringify(settings, null, 2));
  const env = ownEnvironment(home, options.environment ?? {});
  await placeExtension(options.extension, { installation, home, userData, extensionsFolder, env });

  const port = await freePort();
  const origin = `http://127.0.0.1:${port}`;
  const args = [
    ...[installation.serverMain, '--host', '127.0.0.1', '--port', String(port), '--without-connection-token'],
    ...['--accept-server-license-terms', '--disable-telemetry', '--server-data-dir', userData],
    ...['--user-data-dir', userData, '--extensions-dir', extensionsFolder],
    ...(options.purpose === 'inside-host' ? ['--enable-smoke-test-driver'] : []),
  ];
  const server = spawn(installation.node, args, { env, stdio: ['ignore', 'pipe', 'pipe'] });
  await untilReady(server, origin);
  return {
    ...{ origin, chromium: installation.chromium, home, extensionsFolder },
    stop: async () => {
      if (server.exitCode === null && server.signalCode === null) {
        const gone = once(server, 'exit');
        server.kill('SIGTERM');
        await Promise.race([gone, wait(10_000).then(() => server.kill('SIGKILL'))]);
      }
      await rm(home, { recursive: true, force: true, maxRetries: 10, retryDelay: 200 });
    },
  };
}

interface Place {
  readonly installation: Installation;
  readonly home: string;
  readonly userData: string;
  readonly extensionsFolder: string;
  readonly env: NodeJS.ProcessEnv;
}

async function placeExtension(extension: Extension, place: Place): Promise<void> {
  if ('vsix' in extension) {
    const config = join(place.home, 'code-server.yaml');
    // Without a configuration of its own code-server reads and writes the one of the person who runs the tests.
    await writeFile(config, '');
    const data = ['--user-data-dir', place.userData, '--extensions-dir', place.extensionsFolder];
    const args = [place.installation.commandLine, '--config', config, ...data, '--install-extension', extension.vsix];
    await runCommand({ program: place.installation.node, args, env: place.env });
    return;
  }
  await copyExtension(extension.folder, place.extensionsFolder);
}

/** The parts that a package would hold; native modules are borrowed from the source tree. */
async function copyExtension(folder: string, extensionsFolder: string): Promise<void> {
  const { publisher, name, version } = JSON.parse(await readFile(join(folder, 'package.json'), 'utf8')) as Identity;
  const target = join(extensionsFolder, `${publisher}.${name}-${version}`);
  await mkdir(target);
  for (const part of ['package.json', 'package.nls.json', 'dist', 'media', 'bin']) {
    await cp(join(folder, part), join(target, part), { recursive: true }).catch((error: unknown) => {
      if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
    });
  }
  await symlink(join(folder, 'node_modules'), join(target, 'node_modules'));
}

interface Identity {
  readonly publisher: string;
  readonly name: string;
  readonly version: string;
}

/** VSCODE_* and ELECTRON_* of an editor around the tests would leak in; HOME and XDG_* would leak out. */
function ownEnvironment(home: string, extra: Readonly<Record<string, string>>): NodeJS.ProcessEnv {
  const kept = Object.entries(process.env).filter(
    ([name]) => !/^(VSCODE_|ELECTRON_|npm_|XDG_|NODE_|VITEST|TEST$)/.test(name),
  );
  return { ...Object.fromEntries(kept), HOME: home, ...extra };
}

async function freePort(): Promise<number> {
  const probe = createServer().listen(0, '127.0.0.1');
  await once(probe, 'listening');
  const { port } = probe.address() as AddressInfo;
  probe.close();
  await once(probe, 'close');
  return port;
}

async function untilReady(server: ChildProcess, origin: string): Promise<void> {
  const words: string[] = [];
  for (const stream of [server.stdout, server.stderr]) {
    stream?.setEncoding('utf8').on('data', (text: string) => words.push(text));
  }
  for (let tries = 0; tries < 900; tries += 1) {
    if (server.exitCode !== null) throw new Error(`The workbench ended at once:\n${words.join('').slice(-4000)}`);
    const answer = await fetch(`${origin}/version`).catch(() => null);
    if (answer?.ok === true) return;
    await wait(100);
  }
  throw new Error(`The workbench did not answer at ${origin} within 90 s:\n${words.join('').slice(-4000)}`);
}
