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

/** An allow-list of the environment; inside Electron, the switch that makes it plain Node. */
export const childEnvironment = (from: NodeJS.ProcessEnv = process.env): Record<string, string> => {
  const environment: Record<string, string> = {};
  for (const name of passed) {
    const value = from[name];
    if (value !== undefined) environment[name] = value;
  }
  if (process.versions['electron'] !== undefined) environment['ELECTRON_RUN_AS_NODE'] = '1';
  return environment;
};
