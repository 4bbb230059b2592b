import { join } from 'node:path';
import type { Hash } from '../../../sidecar/contract/ids.ts';
import { openDataStore } from '../../../sidecar/versions/data-store.ts';
import { dvcNamesBeyond } from '../../../sidecar/versions/dvc/dvc-name.ts';
import { readPointerOf } from '../../../sidecar/versions/dvc/pointer.ts';
import { findRemote } from '../../../sidecar/versions/remotes/config/dvc-config.ts';
import { fetchVersion } from '../../../sidecar/versions/remotes/fetch.ts';
import { pushMirror } from '../../../sidecar/versions/remotes/mirror/push-mirror.ts';
import { openTransport } from '../../../sidecar/versions/remotes/open-transport.ts';
import { push } from '../../../sidecar/versions/remotes/push.ts';
import { readVersion } from '../../../sidecar/versions/tree/version.ts';
import { restore } from '../../../sidecar/versions/working/restore.ts';

/** Our half of the benchmark of remotes, a process of its own as the sidecar starts one: `push`, `mirror` or `pull`. */
const [command = '', root = ''] = process.argv.slice(2);
const path = 'small';
const context = {
  signal: new AbortController().signal,
  progress: () => undefined,
  metrics: () => undefined,
  log: () => undefined,
};
const home = join(root, '.trainyard');
const store = openDataStore(join(home, 'data'));
const version = readPointerOf(root, path)?.version ?? null;
if (version === null) throw new Error(`${path} has no pointer of ours.`);
const transport = await openTransport({ remote: findRemote(root, {}, null), environment: {}, signal: context.signal });
const place = {
  transport,
  blobs: store.blobs,
  folder: store.folder,
  cache: join(store.folder, 'remotes', 'bench'),
  path,
};

const commands: Readonly<Record<string, () => Promise<unknown>>> = {
  push: () => {
    const { files, bytes } = readVersion(store.blobs, version);
    const told = { kind: 'files', createdAt: 1, author: 'bench', commit: null, branch: null } as const;
    const dvcNames = (hash: Hash, known: readonly string[]) => dvcNamesBeyond(store, hash, known);
    const versions = [{ hash: version, files, bytes, ...told }];
    return push({ ...place, versions, forgotten: 'stay', dvcNames }, context);
  },
  mirror: () => pushMirror({ transport, store, versions: [version] }, context),
  pull: async () => {
    await fetchVersion({ ...place, version }, context);
    const folders = { kept: join(home, 'kept'), restoring: join(home, 'restoring'), indexes: join(home, 'indexes') };
    const order = {
      root,
      path,
      store,
      version,
      readerProgram: null,
      threadProgram: null,
      force: true,
      keep: 'unstored' as const,
      paths: null,
      ...folders,
    };
    return restore(order, context);
  },
};
await commands[command]?.();
await transport.close();
