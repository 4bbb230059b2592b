import { AwsV4Signer } from 'aws4fetch';
import { createHash, createHmac } from 'node:crypto';
import { sha256Of } from '../../hash.ts';
import type { Question } from '../http/exchange.ts';
import type { S3Keys } from './place.ts';

export type Sign = (question: Question, region: string) => Promise<Question>;

/**
 * Signature of version 4 over the headers and the SHA-256 of the body, so that a server refuses bytes that changed on
 * their way. Content-MD5 says the same to servers that look only there.
 */
export const signerOf = (keys: S3Keys | null): Sign => {
  if (keys === null) return (question) => Promise.resolve({ ...question, headers: sealed(question) });
  const cache = new Map<string, ArrayBuffer>();
  return async (question, region) => {
    const headers = { ...sealed(question), 'x-amz-content-sha256': sha256Of(question.body ?? '') };
    const { method, url } = question;
    const signed = await new AwsV4Signer({
      ...keys,
      method,
      url: url.href,
      headers,
      service: 's3',
      region,
      cache,
    }).sign();
    return { ...question, headers: Object.fromEntries(signed.headers) };
  };
};

const sealed = ({ headers, body }: Question): Readonly<Record<string, string>> =>
  body === undefined ? headers : { ...headers, 'content-md5': createHash('md5').update(body).digest('base64') };

/**
 * Google's own signature. Its conditions are headers `x-goog-…`, which must not stand beside `x-amz-…` in one request;
 * the keys are the same (HMAC keys), the algorithm too, under other names.
 * https://docs.cloud.google.com/storage/docs/authentication/signatures
 */
export const googleSignerOf =
  (keys: S3Keys, clock: () => Date = () => new Date()): Sign =>
  (question) => {
    const { method, url, body } = question;
    const at = clock()
      .toISOString()
      .replace(/[:-]|\.\d{3}/g, '');
    const digest = sha256Of(body ?? '');
    const headers: Record<string, string> = {
      ...sealed(question),
      host: url.host,
      'x-goog-date': at,
      'x-goog-content-sha256': digest,
    };
    const names = Object.keys(headers).sort();
    const lines = names.map((name) => `${name}:${headers[name] ?? ''}\n`).join('');
    const signedHeaders = names.join(';');
    const canonical = [method, url.pathname, url.search.slice(1), lines, signedHeaders, digest].join('\n');
    const scope = `${at.slice(0, 8)}/auto/storage/goog4_request`;
    const text = ['GOOG4-HMAC-SHA256', at, scope, sha256Of(canonical)].join('\n');
    const key = scope.split('/').reduce<Buffer | string>(hmac, `GOOG4${keys.secretAccessKey}`);
    const signature = hmac(key, text).toString('hex');
    const authorization = `GOOG4-HMAC-SHA256 Credential=${keys.accessKeyId}/${scope},SignedHeaders=${signedHeaders},Signature=${signature}`;
    return Promise.resolve({ ...question, headers: { ...headers, authorization } });
  };

const hmac = (key: Buffer | string, text: string): Buffer => createHmac('sha256', key).update(text).digest();
