import { remoteDamaged, remoteReadOnly, remoteRefused } from '../../../faults.ts';
import type { Transport } from '../transport.ts';
import type { Exchange, Question, Reply } from './exchange.ts';

export interface HttpPlace {
  /** With a slash at its end. */
  readonly url: URL;
  readonly headers: Readonly<Record<string, string>>;
}

/** A remote that some web server gives out as files: it can be pulled from, and neither listed nor changed. */
export const openHttp = (place: HttpPlace, exchange: Exchange): Transport => {
  const address = place.url.origin + place.url.pathname;
  const ask = (method: Question['method'], key: string, headers: Readonly<Record<string, string>> = {}) =>
    exchange.send(() => ({
      method,
      url: new URL(key.split('/').map(encodeURIComponent).join('/'), place.url),
      headers: { 'user-agent': 'trainyard', 'accept-encoding': 'identity', ...place.headers, ...headers },
    }));
  const expect = (reply: Reply, what: string, ...wanted: readonly number[]): Reply => {
    if (!wanted.includes(reply.status)) throw remoteRefused(address, what, String(reply.status), hints[reply.status]);
    return reply;
  };
  const refuse = () => Promise.reject(remoteReadOnly(address));
  return {
    address,
    canList: false,
    get: async (key) => {
      const reply = await ask('GET', key);
      if (reply.status === 404) return null;
      expect(reply, `reading ${key}`, 200);
      return { bytes: reply.body, tag: reply.headers.etag ?? '' };
    },
    read: async (key, start, end) => {
      const reply = await ask('GET', key, { range: `bytes=${start}-${end - 1}` });
      if (reply.status === 404 || reply.status === 416) throw remoteDamaged(address, key, 'it is gone or cut short');
      const { status, body } = expect(reply, `reading ${key}`, 206, 200);
      const bytes = status === 200 ? body.subarray(start, end) : body;
      if (bytes.length !== end - start) throw remoteDamaged(address, key, 'it is cut short');
      return bytes;
    },
    size: async (key) => {
      const reply = await ask('HEAD', key);
      return reply.status === 404 ? null : Number(expect(reply, `asking for ${key}`, 200).headers['content-length']);
    },
    list: () => {
      throw remoteReadOnly(address);
    },
    leftovers: () => {
      throw remoteReadOnly(address);
    },
    put: refuse,
    swap: refuse,
    remove: refuse,
    close: () => {
      exchange.close();
      return Promise.resolve();
    },
  };
};

const hints: Readonly<Record<number, string>> = {
  401: 'Set user and password of this remote in .dvc/config.local.',
  403: 'The server does not let this client read there.',
};
