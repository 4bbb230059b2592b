import type { Reply } from '../http/exchange.ts';
import type { Budget } from '../parallel.ts';
import { refusal, type Ask } from './ask.ts';
import type { S3Place } from './place.ts';

/** What all requests to a bucket share. */
export interface Bucket {
  readonly place: S3Place;
  /** For people. */
  readonly address: string;
  readonly ask: Ask;
  /** What is held in memory on its way up. */
  readonly budget: Budget;
  /** @throws Fault `remote-refused` for any other status */
  readonly expect: (reply: Reply, what: string, ...wanted: readonly number[]) => Reply;
}

export const openBucket = (needs: Omit<Bucket, 'expect'>): Bucket => ({
  ...needs,
  expect: (reply, what, ...wanted) => {
    if (!wanted.includes(reply.status)) throw refusal(reply, what, needs.address);
    return reply;
  },
});

/** @returns null where there is no such object */
export const sizeOf = async ({ ask, expect }: Bucket, key: string): Promise<number | null> => {
  const reply = await ask({ method: 'HEAD', key });
  return reply.status === 404 ? null : Number(expect(reply, `asking for ${key}`, 200).headers['content-length']);
};
