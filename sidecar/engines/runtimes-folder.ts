import { homedir } from 'node:os';
import { join } from 'node:path';

/**
 * Where runtimes are kept that a user has installed beside Trainyard's own, for all workspaces: `TRAINYARD_RUNTIMES`,
 * or a folder among the system's data of programs.
 */
export const runtimesFolder = (environment: NodeJS.ProcessEnv = process.env): string => {
  const { TRAINYARD_RUNTIMES: own, XDG_DATA_HOME: xdg, LOCALAPPDATA: local } = environment;
  if (own !== undefined && own !== '') return own;
  if (process.platform === 'win32') return join(local ?? join(homedir(), 'AppData', 'Local'), 'trainyard', 'runtimes');
  if (process.platform === 'darwin') return join(homedir(), 'Library', 'Application Support', 'trainyard', 'runtimes');
  return join(xdg === undefined || xdg === '' ? join(homedir(), '.local', 'share') : xdg, 'trainyard', 'runtimes');
};
