import { spawn } from 'node:child_process';
import type { AddressInfo, Socket } from 'node:net';
import ssh2, { type AuthContext, type Connection } from 'ssh2';

import { requirePrograms } from '../../tools/system-packages.ts';

export interface SshServer {
  readonly port: number;
  /** Line of known_hosts. */
  readonly hostLine: string;
  /** A private key that is let in, in OpenSSH's form. */
  readonly userKey: string;
  /** Breaks all connections, as a network does. */
  readonly cut: () => void;
  readonly close: () => Promise<void>;
}

const sftpProgram = '/usr/lib/openssh/sftp-server';

/** An SSH server on 127.0.0.1 whose files are served by OpenSSH's own `sftp-server`; user `me`, password `open sesame`. */
export const startSsh = async (): Promise<SshServer> => {
  await requirePrograms([{ library: 'openssh/sftp-server', debianPackage: 'openssh-sftp-server' }]);
  const hostKey = ssh2.utils.generateKeyPairSync('ed25519');
  const userKey = ssh2.utils.generateKeyPairSync('ed25519');
  const connections = new Set<Connection>();
  const server = new ssh2.Server({ hostKeys: [hostKey.private] }, (connection) => {
    connections.add(connection);
    socketOf(connection).setNoDelay(true);
    connection.on('close', () => connections.delete(connection));
    connection.on('error', () => undefined);
    connection.on('authentication', (context) =>
      isLetIn(context, userKey.public) ? context.accept() : context.reject(),
    );
    connection.on('session', (accept) =>
      accept().on('subsystem' as 'sftp', (acceptSubsystem) => {
        const channel = acceptSubsystem() as unknown as NodeJS.ReadWriteStream;
        const child = spawn(sftpProgram, [], { stdio: ['pipe', 'pipe', 'inherit'] });
        channel.pipe(child.stdin);
        child.stdout.pipe(channel);
        child.stdin.on('error', () => undefined);
      }),
    );
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', () => resolve()));
  const { port } = server.address() as AddressInfo;
  return {
    port,
    hostLine: `[127.0.0.1]:${port} ${hostKey.public}`,
    userKey: userKey.private,
    cut: () => {
      for (const connection of connections) socketOf(connection).destroy();
    },
    close: () => new Promise((resolve) => server.close(() => resolve())),
  };
};

/** The library keeps it to itself. */
const socketOf = (connection: Connection): Socket => (connection as unknown as { _sock: Socket })._sock;

const isLetIn = (context: AuthContext, userKey: string): boolean => {
  if (context.username !== 'me') return false;
  if (context.method === 'password') return context.password === 'open sesame';
  if (context.method !== 'publickey') return false;
  const allowed = ssh2.utils.parseKey(userKey);
  if (allowed instanceof Error || !context.key.data.equals(allowed.getPublicSSH())) return false;
  return context.signature === undefined || context.blob === undefined
    ? true
    : allowed.verify(context.blob, context.signature, context.hashAlgo);
};
