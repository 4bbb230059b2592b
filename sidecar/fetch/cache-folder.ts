import { homedir } from 'node:os';
import { join } from 'node:path';

/** Where downloads are kept for all workspaces of a user: `TRAINYARD_CACHE`, or the system's folder for caches. */
export const cacheFolder = (environment: NodeJS.ProcessEnv = process.env): string => {
  const { TRAINYARD_CACHE: own, XDG_CACHE_HOME: xdg, LOCALAPPDATA: local } = environment;
  if (own !== undefined && own !== '') return own;
  if (process.platform === 'win32') return join(local ?? join(homedir(), 'AppData', 'Local'), 'trainyard', 'cache');
  if (process.platform === 'darwin') return join(homedir(), 'Library', 'Caches', 'trainyard');
  return join(xdg === undefined || xdg === '' ? join(homedir(), '.cache') : xdg, 'trainyard');
};
