import { execFileSync, spawnSync } from 'node:child_process';
import { mkdtempSync, realpathSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

export interface SmallDisk {
  readonly folder: string;
  /** Makes it larger or smaller while it is in use; never smaller than what it holds. */
  readonly resize: (megabytes: number) => void;
  readonly remove: () => void;
}

/**
 * A real file system of a few megabytes that can be filled to its end: a tmpfs, which needs Linux and the right to mount.
 * @throws Error that says what is missing
 */
export const createSmallDisk = (megabytes: number): SmallDisk => {
  const folder = realpathSync(mkdtempSync(join(tmpdir(), 'small-disk-')));
  const mounted = spawnSync('mount', ['-t', 'tmpfs', '-o', `size=${megabytes}m,mode=700`, 'small-disk', folder], {
    encoding: 'utf8',
  });
  if (mounted.status !== 0) {
    rmSync(folder, { recursive: true });
    const why = mounted.error?.message ?? mounted.stderr.trim();
    throw new Error(
      `A full disk is tested on a small one, and none could be mounted (${why}). Run this on Linux as root, or inside \`unshare -rm\`.`,
    );
  }
  return {
    folder,
    resize: (size) => execFileSync('mount', ['-o', `remount,size=${size}m`, folder]),
    remove: () => {
      execFileSync('umount', ['--lazy', folder]);
      rmSync(folder, { recursive: true });
    },
  };
};
