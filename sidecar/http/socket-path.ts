import { createHash } from 'node:crypto';
import { mkdirSync, statSync } from 'node:fs';
import { homedir, tmpdir, userInfo } from 'node:os';
import { join } from 'node:path';
import { Fault } from '../faults.ts';

/** Longer paths are cut in silence by the system, and two workspaces could share one socket. */
const LONGEST_PATH_BYTES = 100;

/** Where the sidecar of a workspace listens: a socket in a folder that only the user can enter, or a named pipe. */
export const socketPathOf = (workspace: string): string => {
  const name = createHash('sha256').update(workspace).digest('hex').slice(0, 16);
  if (process.platform === 'win32') return `\\\\.\\pipe\\trainyard-${name}`;
  const path = candidates()
    .map((folder) => join(folder, `${name}.sock`))
    .find((candidate) => Buffer.byteLength(candidate) <= LONGEST_PATH_BYTES);
  if (path === undefined) {
    throw new Fault('internal', 'No folder for the socket of the sidecar has a path short enough.', {
      hint: 'Set XDG_RUNTIME_DIR to a short folder of your own.',
    });
  }
  privateFolder(join(path, '..'));
  return path;
};

const candidates = (): string[] => {
  const runtime = process.env['XDG_RUNTIME_DIR'];
  return [
    ...(runtime !== undefined && isPrivate(runtime) ? [join(runtime, 'trainyard')] : []),
    join(homedir(), '.local', 'share', 'trainyard', 'run'),
    join(tmpdir(), `trainyard-${userInfo().uid}`),
  ];
};

const isPrivate = (folder: string): boolean => {
  const stat = statSync(folder, { throwIfNoEntry: false });
  return stat !== undefined && stat.isDirectory() && stat.uid === userInfo().uid && (stat.mode & 0o077) === 0;
};

const privateFolder = (folder: string): void => {
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  if (!isPrivate(folder)) {
    throw new Fault('internal', `${folder} can be entered by others, so the sidecar does not listen there.`, {
      hint: `Run \`chmod 700 ${folder}\`, and see that it is yours.`,
    });
  }
};
