import { join } from 'node:path';
import { cacheFolder } from '../fetch/cache-folder.ts';

/** What a child of ours inherits. Everything else (tokens of the editor, `ELECTRON_*`, `NODE_OPTIONS`) stays behind. */
const passed = [
  'PATH',
  'HOME',
  'USER',
  'LOGNAME',
  'LANG',
  'LC_ALL',
  'TZ',
  'TMPDIR',
  'TEMP',
  'TMP',
  'SHELL',
  'XDG_RUNTIME_DIR',
  'XDG_DATA_HOME',
  'XDG_CACHE_HOME',
  'TRAINYARD_CACHE',
  'TRAINYARD_RUNTIMES',
  // How the network is reached: a proxy and the authority that signs for it.
  'HTTP_PROXY',
  'HTTPS_PROXY',
  'NO_PROXY',
  'http_proxy',
  'https_proxy',
  'no_proxy',
  'NODE_USE_ENV_PROXY',
  'NODE_EXTRA_CA_CERTS',
  'LD_LIBRARY_PATH',
  'VK_ICD_FILENAMES',
  'CUDA_VISIBLE_DEVICES',
  // Windows cannot start a process without these.
  'SystemRoot',
  'ComSpec',
  'PATHEXT',
  'APPDATA',
  'LOCALAPPDATA',
  'USERPROFILE',
  'USERNAME',
] as const;

/** Keys to places that hold data. The sidecar has them, and of its children only those that go to such a place. */
const keys = [
  'AWS_ACCESS_KEY_ID',
  'AWS_SECRET_ACCESS_KEY',
  'AWS_SESSION_TOKEN',
  'AWS_PROFILE',
  'AWS_REGION',
  'AWS_DEFAULT_REGION',
  'AWS_ENDPOINT_URL',
  'AWS_ENDPOINT_URL_S3',
  'AWS_CONFIG_FILE',
  'AWS_SHARED_CREDENTIALS_FILE',
  'AWS_CA_BUNDLE',
  'SSH_AUTH_SOCK',
  'TRAINYARD_SSH_PASSWORD',
  'DVC_GLOBAL_CONFIG_DIR',
  'XDG_CONFIG_HOME',
] as const;

/** What opens a remote, for whoever is about to use one. It goes over IPC, into no child's environment. */
export const remoteEnvironment = (from: NodeJS.ProcessEnv = process.env): Record<string, string> =>
  pick(from, [...keys, 'HOME', 'LOCALAPPDATA']);

/** What the sidecar itself inherits. */
export const sidecarEnvironment = (from: NodeJS.ProcessEnv = process.env): Record<string, string> => ({
  ...childEnvironment(from),
  ...remoteEnvironment(from),
});

const pick = (from: NodeJS.ProcessEnv, names: readonly string[]): Record<string, string> =>
  Object.fromEntries(
    names.flatMap((name) => {
      const value = from[name];
      return value === undefined ? [] : [[name, value]];
    }),
  );

/** An allow-list of the environment; inside Electron, the switch that makes it plain Node. */
export const childEnvironment = (from: NodeJS.ProcessEnv = process.env): Record<string, string> => {
  const environment = pick(from, passed);
  if (process.versions['electron'] !== undefined) environment['ELECTRON_RUN_AS_NODE'] = '1';
  return environment;
};

/** Where Node keeps our programs compiled, so that one starts in half the time. What cannot be written there is compiled again. */
export const compileCache = (from: NodeJS.ProcessEnv = process.env): { readonly NODE_COMPILE_CACHE: string } => ({
  NODE_COMPILE_CACHE: join(cacheFolder(from), 'compiled'),
});
