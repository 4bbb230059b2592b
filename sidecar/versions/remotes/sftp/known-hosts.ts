import { createHmac, timingSafeEqual } from 'node:crypto';

export interface HostName {
  readonly host: string;
  readonly port: number;
}

interface KnownKey {
  /** Such as `ssh-ed25519`. */
  readonly type: string;
  readonly key: Buffer;
  readonly isRevoked: boolean;
}

export type HostVerdict = 'known' | 'unknown' | 'changed' | 'revoked';

/** The keys that a `known_hosts` file has for a host; certificates of authorities are not read. */
export const knownKeysOf = (text: string, name: HostName): readonly KnownKey[] =>
  text.split(/\r?\n/).flatMap((line) => {
    const fields = line.trim().split(/\s+/);
    const marker = fields[0]?.startsWith('@') === true ? fields.shift() : undefined;
    const [hosts = '', type = '', key = ''] = fields;
    if (hosts.startsWith('#') || key === '' || marker === '@cert-authority' || !isMeant(hosts, name)) return [];
    return [{ type, key: Buffer.from(key, 'base64'), isRevoked: marker === '@revoked' }];
  });

/** @param key as the host shows it */
export const judgeHost = (keys: readonly KnownKey[], key: Buffer): HostVerdict => {
  const same = keys.filter((known) => known.key.equals(key));
  if (same.some(({ isRevoked }) => isRevoked)) return 'revoked';
  if (same.length > 0) return 'known';
  return keys.some(({ isRevoked }) => !isRevoked) ? 'changed' : 'unknown';
};

const isMeant = (hosts: string, name: HostName): boolean => {
  const wanted = name.port === 22 ? name.host.toLowerCase() : `[${name.host.toLowerCase()}]:${name.port}`;
  if (hosts.startsWith('|1|')) return isHashOf(hosts, wanted);
  const patterns = hosts.split(',');
  if (patterns.some((pattern) => pattern.startsWith('!') && fits(pattern.slice(1), wanted))) return false;
  return patterns.some((pattern) => fits(pattern, wanted));
};

/** `|1|salt|hash`: the name hidden by HMAC-SHA1. */
const isHashOf = (hosts: string, wanted: string): boolean => {
  const [, , salt = '', hash = ''] = hosts.split('|');
  const expected = Buffer.from(hash, 'base64');
  const found = createHmac('sha1', Buffer.from(salt, 'base64')).update(wanted).digest();
  return expected.length === found.length && timingSafeEqual(expected, found);
};

/** `*` and `?` as a shell has them. */
const fits = (pattern: string, wanted: string): boolean => {
  const source = pattern
    .toLowerCase()
    .replace(/[.+^${}()|[\]\\]/g, '\\$&')
    .replaceAll('*', '.*')
    .replaceAll('?', '.');
  return new RegExp(`^${source}$`).test(wanted);
};
