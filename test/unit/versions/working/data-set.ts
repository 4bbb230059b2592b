import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import type { Hash } from '../../../../sidecar/contract/ids.ts';
import { openDataStore } from '../../../../sidecar/versions/data-store.ts';
import { readManifest, type VersionFile } from '../../../../sidecar/versions/tree/version.ts';
import { verifyVersion } from '../../../../sidecar/versions/verify.ts';
import { filesOf } from '../../../../sidecar/versions/working/differences.ts';
import { readDisk } from '../../../../sidecar/versions/working/disk.ts';
import { trustAll } from '../../../../sidecar/versions/working/look-part.ts';
import type { Keep } from '../../../../sidecar/versions/working/restore-plan.ts';
import { restore } from '../../../../sidecar/versions/working/restore.ts';
import { snapshot } from '../../../../sidecar/versions/working/snapshot.ts';
import { lookStatus } from '../../../../sidecar/versions/working/status.ts';
import { undoRestore } from '../../../../sidecar/versions/working/undo-restore.ts';
import { recordedContext } from '../../../support/job-context.ts';

interface Settings {
  readonly path?: string;
  readonly threadProgram?: string | null;
  readonly sharedIndexBytes?: number;
  readonly sharedFiles?: number;
}

/** A data set of a workspace, and what can be done with it; each call opens the store anew, as a process of its own would. */
export const dataSetOf = (root: string, { path = 'data', threadProgram = null, ...more }: Settings = {}) => {
  const said = recordedContext();
  const home = join(root, '.trainyard');
  const place = { root, path, indexes: join(home, 'indexes'), threadProgram, ...more };
  const open = () => openDataStore(join(home, 'data'));
  return {
    said: said.lines,
    open,
    indexes: place.indexes,
    restoring: join(home, 'restoring'),
    take: async (signal?: AbortSignal) => {
      const store = open();
      const context = signal === undefined ? said.context : recordedContext(signal).context;
      const taken = await snapshot({ ...place, store }, context);
      return { ...taken, manifest: readManifest(store.blobs, taken.version) };
    },
    /** The files on disk as they are now, whatever an index says. */
    disk: async (): Promise<VersionFile[]> => {
      const indexes = join(home, 'no-index');
      rmSync(indexes, { recursive: true, force: true });
      const disk = await readDisk(
        { ...place, indexes, store: null, stored: open().blobs, trust: trustAll },
        said.context,
      );
      const files = [...filesOf(disk)];
      await disk.close();
      return files;
    },
    status: async (version: Hash) => lookStatus({ ...place, store: open(), version }, said.context),
    restore: async (version: Hash, more: { force?: boolean; paths?: string[]; keep?: Keep } = {}) => {
      const { force = false, paths = null, keep = 'unstored' } = more;
      const folders = { kept: join(home, 'kept'), restoring: join(home, 'restoring') };
      return restore({ ...place, ...folders, store: open(), version, force, paths, keep }, said.context);
    },
    undo: (kept: string) => undoRestore({ root, path, undo: kept, kept: join(home, 'kept') }),
    verify: async (version: Hash) => (await verifyVersion(version, open(), said.context)).damaged,
    layOut: (tree: Readonly<Record<string, string | Uint8Array>>) => {
      for (const [name, bytes] of Object.entries(tree)) {
        mkdirSync(dirname(join(root, 'data', name)), { recursive: true });
        writeFileSync(join(root, 'data', name), bytes);
      }
    },
    clear: () => rmSync(join(root, 'data'), { recursive: true, force: true }),
    read: (name: string) => readFileSync(join(root, 'data', name), 'utf8'),
    bytesOf: (file: VersionFile) => open().contents.get(file),
  };
};
