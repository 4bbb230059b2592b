import type { Reply } from '../http/exchange.ts';
import { googleSignerOf, signerOf, type Sign } from './sign.ts';
import type { S3Keys, S3Place } from './place.ts';

/** How a write is made to depend on what is there. */
export interface Conditions {
  readonly sign: Sign;
  /** What tells this content of an object from any other. */
  readonly tagOf: (reply: Reply) => string;
  /** @param from the tag that must be there; null: nothing may be there */
  readonly headersFor: (from: string | null) => Readonly<Record<string, string>>;
  /** A tag that no content has. */
  readonly nobodys: string;
}

export const conditionsOf = (place: S3Place, keys: S3Keys | null): Conditions =>
  place.dialect === 'google' && keys !== null
    ? {
        sign: googleSignerOf(keys),
        tagOf: ({ headers }) => String(headers['x-goog-generation']),
        headersFor: (from) => ({ 'x-goog-if-generation-match': from ?? '0' }),
        // They are times in microseconds.
        nobodys: '1',
      }
    : {
        sign: signerOf(keys),
        tagOf: ({ headers }) => String(headers.etag),
        headersFor: (from) => ({
          ...(from === null ? { 'if-none-match': '*' } : { 'if-match': from }),
          ...place.writeHeaders,
        }),
        nobodys: `"${'0'.repeat(32)}"`,
      };
