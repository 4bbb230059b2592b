import { openFileTree } from '../files/file-tree.ts';
import type { Transport, TransportNeeds } from '../transport.ts';
import { openSftpConnection } from './connection.ts';
import { openSftpFiles } from './files.ts';
import { sshSettings } from './settings.ts';

/** A folder on a host that is reached by ssh. */
export const openSftp = ({ remote, environment, signal }: TransportNeeds, url: URL): Transport => {
  const { connect, refusal } = sshSettings({ remote: remote.name, url, settings: remote.settings, environment });
  const connection = openSftpConnection(connect, signal, refusal);
  const files = openSftpFiles(connection, decodeURIComponent(url.pathname), remote.name);
  return openFileTree(files, `ssh://${url.host}${url.pathname}`);
};
