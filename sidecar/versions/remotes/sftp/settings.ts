import type { AnyAuthMethod, ConnectConfig } from 'ssh2';
import { existsSync, readFileSync } from 'node:fs';
import { userInfo } from 'node:os';
import { join } from 'node:path';
import ssh2 from 'ssh2';
import { remoteUntrusted, remoteUnusable, type Fault } from '../../../faults.ts';
import { homeOf, type Environment } from '../config/environment.ts';
import type { Section } from '../config/ini-text.ts';
import { judgeHost, knownKeysOf } from './known-hosts.ts';

interface SshOrder {
  /** Name of the remote. */
  readonly remote: string;
  readonly url: URL;
  readonly settings: Section;
  readonly environment: Environment;
}

export interface SshSettings {
  readonly connect: ConnectConfig;
  /** What the check of the host's key found wrong. */
  readonly refusal: () => Fault | null;
}

const READY_MS = 20_000;
const ALIVE_MS = 15_000;

/**
 * How a host is reached: as `ssh` would, by its entry in `~/.ssh/known_hosts`, by the agent or by key files. A host
 * whose key is not known is never trusted by itself.
 */
export const sshSettings = (order: SshOrder): SshSettings => {
  const { url, settings, environment } = order;
  const host = url.hostname.replace(/^\[(.*)\]$/, '$1');
  const port = Number(url.port || settings['port'] || 22);
  const username = decodeURIComponent(url.username) || settings['user'] || userInfo().username;
  const known = knownKeysOf(readKnownHosts(environment), { host, port });
  let refusal: Fault | null = null;
  const connect: ConnectConfig = {
    host,
    port,
    username,
    readyTimeout: READY_MS,
    keepaliveInterval: ALIVE_MS,
    authHandler: authMethods(order, username),
    hostVerifier: (key: Buffer) => {
      const verdict = judgeHost(known, key);
      if (verdict !== 'known') refusal = remoteUntrusted(host, port, verdict);
      return verdict === 'known';
    },
  };
  const types = [...new Set(known.map(({ type }) => type))];
  if (types.length > 0)
    connect.algorithms = { serverHostKey: { prepend: algorithmsFor(types), append: [], remove: [] } };
  return { connect, refusal: () => refusal };
};

const readKnownHosts = (environment: Environment): string =>
  [join(homeOf(environment), '.ssh', 'known_hosts'), '/etc/ssh/ssh_known_hosts']
    .map((path) => (existsSync(path) ? readFileSync(path, 'utf8') : ''))
    .join('\n');

type HostKeyAlgorithm = NonNullable<
  Extract<NonNullable<ConnectConfig['algorithms']>['serverHostKey'], readonly string[]>
>[number];

/** A host may have several keys: it is asked for one of those that are known. RSA keys sign in three ways. */
const algorithmsFor = (types: readonly string[]): HostKeyAlgorithm[] =>
  types.flatMap((type) =>
    type === 'ssh-rsa' ? ['rsa-sha2-512', 'rsa-sha2-256', 'ssh-rsa'] : [type],
  ) as HostKeyAlgorithm[];

const authMethods = ({ remote, settings, environment }: SshOrder, username: string): AnyAuthMethod[] => {
  const agent = environment['SSH_AUTH_SOCK'];
  const password = settings['password'] ?? environment['TRAINYARD_SSH_PASSWORD'];
  const methods: AnyAuthMethod[] = keysOf(remote, settings, homeOf(environment)).map((key) => ({
    type: 'publickey',
    username,
    key,
  }));
  if (agent !== undefined && settings['allow_agent'] !== 'false') methods.unshift({ type: 'agent', username, agent });
  if (password !== undefined) methods.push({ type: 'password', username, password });
  return methods;
};

const usualKeys = ['id_ed25519', 'id_ecdsa', 'id_rsa'];

/** The key file that is named, which must be usable; else those that `ssh` would try, without the locked ones. */
const keysOf = (remote: string, settings: Section, home: string) => {
  const named = settings['keyfile'];
  const paths = named === undefined ? usualKeys.map((name) => join(home, '.ssh', name)) : [named.replace(/^~/, home)];
  return paths.flatMap((path) => {
    if (!existsSync(path)) {
      if (named === undefined) return [];
      throw remoteUnusable(remote, `its keyfile ${named} is not there`, 'Correct keyfile in .dvc/config.');
    }
    const key = ssh2.utils.parseKey(readFileSync(path), settings['passphrase']);
    if (!(key instanceof Error)) return [key];
    if (named === undefined) return [];
    throw remoteUnusable(
      remote,
      `its keyfile ${named} cannot be used (${key.message})`,
      'A key with a passphrase belongs into ssh-agent, or its passphrase into .dvc/config.local.',
    );
  });
};
