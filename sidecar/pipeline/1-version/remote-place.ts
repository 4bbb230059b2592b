import { join } from 'node:path';
import type { RemoteSettings } from '../../versions/remotes/config/dvc-config.ts';
import type { Environment } from '../../versions/remotes/config/environment.ts';
import { openTransport } from '../../versions/remotes/open-transport.ts';
import type { Transport } from '../../versions/remotes/transport.ts';
import { sha256Of } from '../../versions/hash.ts';
import { openDataStore, type DataStore } from '../../versions/data-store.ts';
import type { Blobs } from '../../versions/store/blobs.ts';
import type { JobContext } from '../job.ts';

/** What a job is told of a remote; it travels between processes and into no log, since keys are in it. */
export interface RemotePlace {
  readonly remote: RemoteSettings;
  readonly environment: Environment;
  /** Folder of the store of data versions. */
  readonly dataFolder: string;
}

export interface OpenRemote {
  readonly transport: Transport;
  readonly store: DataStore;
  readonly blobs: Blobs;
  readonly folder: string;
  /** What is known here of the remote. */
  readonly cache: string;
}

/** Opens a remote and the store for as long as `use` takes. */
export const withRemote = async <Result>(
  { remote, environment, dataFolder }: RemotePlace,
  { signal }: JobContext,
  use: (open: OpenRemote) => Promise<Result>,
): Promise<Result> => {
  const transport = await openTransport({ remote, environment, signal });
  const store = openDataStore(dataFolder);
  const { blobs } = store;
  const known = sha256Of(`${remote.url} ${remote.settings['endpointurl'] ?? ''}`).slice(0, 16);
  try {
    return await use({ transport, store, blobs, folder: dataFolder, cache: join(dataFolder, 'remotes', known) });
  } finally {
    blobs.close();
    await transport.close();
  }
};
