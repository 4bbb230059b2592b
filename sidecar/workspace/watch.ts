import { existsSync, opendirSync } from 'node:fs';
import { relative, sep } from 'node:path';
import { watch } from 'chokidar';

export interface FileNews {
  /** Relative to the workspace, with forward slashes. */
  readonly path: string;
  readonly kind: 'pointer' | 'configuration';
  readonly change: 'added' | 'changed' | 'removed';
}

export interface WorkspaceWatch {
  /** False in a workspace with so many files that some folders were left out. */
  readonly complete: boolean;
  readonly stop: () => Promise<void>;
}

/** A file is told of when it has been quiet for this long: of two quick writes the second is not reported by the system. */
const SETTLE_MS = 150;
const DEEPEST_FOLDER = 8;
/** A folder with so many entries and none of ours among them holds data. */
const DATA_ENTRIES = 500;
/** chokidar looks at every file, also at one that it is told to ignore; beyond this many it enters no further folder. */
const MOST_LOOKS = 20_000;
const foreign = /(^|[\\/])(node_modules|\.git|\.trainyard|\.venv|\.dvc)([\\/]|$)/;

/**
 * Tells of data pointers (`*.dvc`) and configurations (`*training.yaml`) that change on disk, as after `git checkout`.
 * Data folders, which have a pointer beside them or very many files, are not looked into; links are not followed.
 * @returns a way to stop, once the first look is over, and whether every folder is watched
 */
export const watchWorkspace = async (root: string, tell: (news: FileNews) => void): Promise<WorkspaceWatch> => {
  const shut = new Map<string, boolean>();
  let looks = 0;
  /** Decided once a folder, on the first look. */
  const isShut = (folder: string): boolean => {
    const known = shut.get(folder);
    if (known !== undefined) return known;
    const decided = folder !== root && (looks > MOST_LOOKS || existsSync(`${folder}.dvc`) || holdsData(folder));
    shut.set(folder, decided);
    return decided;
  };
  const watcher = watch(root, {
    followSymlinks: false,
    ignoreInitial: true,
    depth: DEEPEST_FOLDER,
    ignored: (path, stat) => {
      looks += 1;
      if (foreign.test(relative(root, path))) return true;
      return stat?.isDirectory() === true ? isShut(path) : stat?.isFile() === true && kindOf(path) === null;
    },
  });
  const settling = new Map<string, NodeJS.Timeout>();
  const tellOf = (change: FileNews['change']) => (path: string) => {
    const kind = kindOf(path);
    if (kind === null) return;
    clearTimeout(settling.get(path));
    const told = setTimeout(() => {
      settling.delete(path);
      tell({ path: relative(root, path).split(sep).join('/'), kind, change });
    }, SETTLE_MS);
    settling.set(path, told);
  };
  watcher.on('add', tellOf('added')).on('change', tellOf('changed')).on('unlink', tellOf('removed'));
  await new Promise<void>((resolve) => watcher.once('ready', resolve));
  return {
    complete: looks <= MOST_LOOKS,
    stop: async () => {
      for (const told of settling.values()) clearTimeout(told);
      await watcher.close();
    },
  };
};

/** Only as much of it is read as decides. */
const holdsData = (folder: string): boolean => {
  try {
    const entries = opendirSync(folder, { bufferSize: DATA_ENTRIES });
    try {
      for (let seen = 0; seen < DATA_ENTRIES; seen += 1) {
        const entry = entries.readSync();
        if (entry === null || kindOf(entry.name) !== null) return false;
      }
      return true;
    } finally {
      entries.closeSync();
    }
  } catch (error) {
    // What cannot be read is left to chokidar, which says so.
    if (error instanceof Error && 'code' in error) return false;
    throw error;
  }
};

const kindOf = (path: string): FileNews['kind'] | null => {
  if (path.endsWith('.dvc')) return 'pointer';
  return path.endsWith('training.yaml') ? 'configuration' : null;
};
