import { timingSafeEqual } from 'node:crypto';
import type { IncomingMessage } from 'node:http';
import { Refusal } from './reply.ts';

/** Who may come in. */
export interface Guard {
  /** @throws Refusal 403 or 401 */
  readonly check: (request: IncomingMessage) => void;
}

/**
 * The checks of every request on the loopback port, whatever its route and method.
 * `Host` comes first and byte for byte: a page that rebinds its name to 127.0.0.1 sends neither `Origin` nor
 * `Sec-Fetch-Site`, so nothing else tells it from a program. An absent `Origin` proves nothing and skips nothing.
 * @param token null lets every local program in; the other checks stay
 */
export const createGuard = (port: () => number, token: string | null): Guard => {
  const expected = token === null ? null : Buffer.from(`Bearer ${token}`);
  return {
    check: (request) => {
      refuseOtherHosts(request, port());
      refuseWebPages(request);
      if (expected !== null && !sameText(expected, request.headers.authorization ?? '')) {
        throw new Refusal(401, 'The token is missing or wrong. Send it as “Authorization: Bearer <token>”.', {
          'www-authenticate': 'Bearer',
        });
      }
    },
  };
};

const refuseOtherHosts = ({ headers, rawHeaders, url }: IncomingMessage, port: number): void => {
  const host = headers.host ?? '';
  const ours = host === `127.0.0.1:${port}` || host === `localhost:${port}`;
  if (!ours || countHosts(rawHeaders) !== 1) {
    throw new Refusal(403, `This endpoint answers to 127.0.0.1:${port} only, not to the Host of this request.`);
  }
  if (url?.startsWith('/') !== true) throw new Refusal(403, 'The address of a request must begin with a slash.');
};

/** Of two Host headers Node shows the first alone. */
const countHosts = (rawHeaders: readonly string[]): number => {
  let hosts = 0;
  for (let at = 0; at < rawHeaders.length; at += 2) {
    const name = rawHeaders[at] ?? '';
    if (name.length === 4 && name.toLowerCase() === 'host') hosts += 1;
  }
  return hosts;
};

const refuseWebPages = ({ headers }: IncomingMessage): void => {
  if ('origin' in headers || (headers['sec-fetch-site'] ?? 'none') !== 'none') {
    throw new Refusal(403, 'This endpoint does not answer web pages.');
  }
};

/** The time of the comparison tells nothing about the token but its length, which is no secret. */
const sameText = (expected: Buffer, presented: string): boolean => {
  const given = Buffer.from(presented);
  return given.length === expected.length && timingSafeEqual(expected, given);
};
