import { remoteRefused } from '../../../faults.ts';
import type { Exchange, Question, Reply } from '../http/exchange.ts';
import { urlOf, type S3Place } from './place.ts';
import type { Sign } from './sign.ts';
import { textOf } from './xml.ts';

export interface S3Order {
  readonly method: Question['method'];
  /** Relative to the place; empty for the bucket itself. */
  readonly key: string;
  readonly query?: Readonly<Record<string, string>>;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: Uint8Array;
}

/** @param until as the exchange has it */
export type Ask = (order: S3Order, until?: AbortSignal) => Promise<Reply>;

/** Signs and sends, and follows the bucket to its region where that is another than was said. */
export const createAsk = (place: S3Place, sign: Sign, exchange: Exchange): Ask => {
  let at = place;
  return async (order, until) => {
    const send = () => exchange.send(() => sign(questionOf(at, order), at.region), until);
    const reply = await send();
    const region = regionOf(reply);
    if (region === undefined || region === at.region) return reply;
    at = moved(at, region);
    return send();
  };
};

const questionOf = (place: S3Place, { method, key, query, headers = {}, body }: S3Order): Question => ({
  method,
  url: urlOf(place, key === '' ? '' : `${place.prefix}${key}`, query),
  headers,
  ...(body === undefined ? {} : { body }),
});

/** Where a bucket says that it lives, when it was asked in the wrong region. */
const regionOf = ({ status, headers }: Reply): string | undefined => {
  const said = headers['x-amz-bucket-region'];
  return [301, 307, 400, 403].includes(status) && typeof said === 'string' ? said : undefined;
};

const moved = (place: S3Place, region: string): S3Place => {
  const endpoint = new URL(place.endpoint);
  endpoint.hostname = endpoint.hostname.replace(`s3.${place.region}.amazonaws`, `s3.${region}.amazonaws`);
  return { ...place, endpoint, region };
};

/** What a server means by its refusal, in a sentence of ours. */
export const refusal = (reply: Reply, what: string, address: string) => {
  const said = reply.body.toString('utf8');
  const code = textOf(said, 'Code');
  const detail = [String(reply.status), code, textOf(said, 'Message')].filter((part) => part !== '').join(' ');
  return remoteRefused(address, what, detail, hints[code] ?? byStatus[reply.status]);
};

const keysHint =
  'Check the keys: access_key_id and secret_access_key in .dvc/config.local, a profile in ~/.aws/credentials, or AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY.';

const hints: Readonly<Record<string, string>> = {
  SignatureDoesNotMatch: keysHint,
  InvalidAccessKeyId: keysHint,
  ExpiredToken: 'The session has ended; log in again and set the new session_token.',
  RequestTimeTooSkewed: 'The clock of this machine is wrong by more than 15 minutes; set it.',
  NoSuchBucket: 'Create the bucket first, or correct the url of the remote.',
  NotImplemented: 'This server lacks a part of the S3 interface that Trainyard needs.',
};

const byStatus: Readonly<Record<number, string>> = {
  401: keysHint,
  403: `${keysHint} They must be allowed to list, read and write below the remote's url.`,
};
