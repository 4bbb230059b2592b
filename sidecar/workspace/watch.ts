import { existsSync } from 'node:fs';
import { relative, sep } from 'node:path';
import { watch } from 'chokidar';

export interface FileNews {
  /** Relative to the workspace, with forward slashes. */
  readonly path: string;
  readonly kind: 'pointer' | 'configuration';
  readonly change: 'added' | 'changed' | 'removed';
}

/** A file is told of when it has been quiet for this long: of two quick writes the second is not reported by the system. */
const SETTLE_MS = 150;
const DEEPEST_FOLDER = 8;
const foreign = /(^|[\\/])(node_modules|\.git|\.trainyard|\.venv|\.dvc)([\\/]|$)/;

/**
 * Tells of data pointers (`*.dvc`) and configurations (`*training.yaml`) that change on disk, as after `git checkout`.
 * Data folders, which have a pointer beside them, are not looked into; links are not followed.
 * @returns a way to stop, once the first look is over
 */
export const watchWorkspace = async (root: string, tell: (news: FileNews) => void): Promise<() => Promise<void>> => {
  const watcher = watch(root, {
    followSymlinks: false,
    ignoreInitial: true,
    depth: DEEPEST_FOLDER,
    ignored: (path, stat) =>
      foreign.test(relative(root, path)) ||
      (stat?.isFile() === true && kindOf(path) === null) ||
      (stat?.isDirectory() === true && existsSync(`${path}.dvc`)),
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
  return async () => {
    for (const told of settling.values()) clearTimeout(told);
    await watcher.close();
  };
};

const kindOf = (path: string): FileNews['kind'] | null => {
  if (path.endsWith('.dvc')) return 'pointer';
  return path.endsWith('training.yaml') ? 'configuration' : null;
};
