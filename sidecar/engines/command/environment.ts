import { writeFile } from 'node:fs/promises';

export interface CommandEnvironment {
  /** The environment to inherit from; only what a program needs to find its tools, caches and devices is taken. */
  readonly from: NodeJS.ProcessEnv;
  /** The resolved configuration, as JSON data. */
  readonly configuration: unknown;
  /** Where the configuration is written for the command to read. */
  readonly configurationFile: string;
  /** Folder that holds the pinned data as the user's path has it. */
  readonly dataFolder: string;
  readonly outFolder: string;
  /**
   * A JSON file `{"train": […], "validation": […], "test": […]}` with the rows of each part (row numbers of a table from 0,
   * paths of images), so that a command need not see the rows it will be judged by.
   */
  readonly splitFile?: string;
  readonly run: string;
  /** Where an MLflow client of the command logs to. */
  readonly trackingUri?: string;
}

/** Linux hands a process at most 128 kB a variable; this leaves the rest of the environment room too. */
const longestConfiguration = 32_000;

const passed = new Set([
  ...['PATH', 'HOME', 'USER', 'LOGNAME', 'SHELL', 'LANG', 'LANGUAGE', 'TZ', 'TMPDIR', 'TEMP', 'TMP'],
  ...['LD_LIBRARY_PATH', 'DYLD_LIBRARY_PATH', 'VIRTUAL_ENV', 'CONDA_PREFIX', 'CONDA_DEFAULT_ENV', 'JAVA_HOME'],
  ...[
    'CUDA_HOME',
    'CUDA_PATH',
    'CUDA_VISIBLE_DEVICES',
    'CUDA_DEVICE_ORDER',
    'ROCR_VISIBLE_DEVICES',
    'VK_ICD_FILENAMES',
  ],
  ...['PYTHONPATH', 'PYTHONHOME', 'PYENV_ROOT', 'PYENV_VERSION', 'R_HOME', 'R_LIBS_USER', 'JULIA_DEPOT_PATH'],
  ...['HF_HOME', 'TORCH_HOME', 'KERAS_HOME', 'XDG_CACHE_HOME', 'XDG_CONFIG_HOME', 'XDG_DATA_HOME', 'XDG_RUNTIME_DIR'],
  ...['SSL_CERT_FILE', 'SSL_CERT_DIR', 'REQUESTS_CA_BUNDLE', 'NODE_EXTRA_CA_CERTS'],
  ...['HTTP_PROXY', 'HTTPS_PROXY', 'NO_PROXY', 'http_proxy', 'https_proxy', 'no_proxy'],
  // Windows cannot start a process without these.
  ...['SystemRoot', 'SystemDrive', 'ComSpec', 'PATHEXT', 'APPDATA', 'LOCALAPPDATA', 'USERPROFILE', 'USERNAME'],
  ...['ProgramData', 'ProgramFiles', 'NUMBER_OF_PROCESSORS', 'PROCESSOR_ARCHITECTURE'],
]);
const passedFamilies = ['LC_', 'OMP_', 'MKL_', 'OPENBLAS_', 'NCCL_', 'NVIDIA_'];

/**
 * Writes the configuration to its file and gives the environment of a training command: an allow-list of the inherited
 * one and the TRAINYARD_ variables. Tokens of the editor, VSCODE_*, ELECTRON_* and NODE_OPTIONS stay behind.
 * TRAINYARD_CONFIG holds the configuration as JSON when it is short enough; TRAINYARD_CONFIG_FILE always names its file.
 */
export const prepareEnvironment = async (about: CommandEnvironment): Promise<Record<string, string>> => {
  const json = JSON.stringify(about.configuration);
  await writeFile(about.configurationFile, `${json}\n`, { mode: 0o600 });
  return {
    ...inherited(about.from),
    TRAINYARD_CONFIG_FILE: about.configurationFile,
    ...(Buffer.byteLength(json) < longestConfiguration ? { TRAINYARD_CONFIG: json } : {}),
    TRAINYARD_DATA: about.dataFolder,
    TRAINYARD_OUT: about.outFolder,
    TRAINYARD_RUN_ID: about.run,
    ...(about.splitFile === undefined ? {} : { TRAINYARD_SPLIT: about.splitFile }),
    ...(about.trackingUri === undefined ? {} : { MLFLOW_TRACKING_URI: about.trackingUri }),
    // Without it Python holds its lines back for as long as its output is no terminal.
    PYTHONUNBUFFERED: '1',
  };
};

const inherited = (from: NodeJS.ProcessEnv): Record<string, string> =>
  Object.fromEntries(
    Object.entries(from).filter(
      (entry): entry is [string, string] =>
        entry[1] !== undefined &&
        (passed.has(entry[0]) || passedFamilies.some((family) => entry[0].startsWith(family))),
    ),
  );
