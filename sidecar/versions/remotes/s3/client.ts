import { remoteDamaged, remoteUnsafe } from '../../../faults.ts';
import type { Exchange } from '../http/exchange.ts';
import { createBudget, inParallel } from '../parallel.ts';
import { PART_BYTES, type Leftover, type Listed, type Source, type Transport } from '../transport.ts';
import { createAsk, refusal } from './ask.ts';
import { openBucket, sizeOf, type Bucket } from './bucket.ts';
import { conditionsOf } from './conditions.ts';
import type { S3Keys, S3Place } from './place.ts';
import { createPartedPuts } from './put-in-parts.ts';
import { signerOf } from './sign.ts';
import { endUpload, listUploads } from './uploads.ts';
import { elementsOf, escapeXml, textOf } from './xml.ts';

export interface S3Needs {
  readonly place: S3Place;
  /** Null for buckets that anyone may read. */
  readonly keys: S3Keys | null;
  readonly exchange: Exchange;
  /** For people. */
  readonly address: string;
}

const HELD_BYTES = 32 << 20;
const REMOVALS_AT_ONCE = 4;
const KEYS_A_DELETION = 1000;

/** A bucket that speaks S3: Amazon's, a self-made server's, Google's, lakeFS's. */
export const openS3 = (needs: S3Needs): Transport => {
  const { place, keys, exchange, address } = needs;
  const ask = createAsk(place, signerOf(keys), exchange);
  const conditions = conditionsOf(place, keys);
  const askOnCondition = createAsk(place, conditions.sign, exchange);
  const bucket = openBucket({ place, address, ask, budget: createBudget(HELD_BYTES) });
  const { expect } = bucket;
  const putInParts = createPartedPuts(bucket);

  const swap = async (key: string, bytes: Uint8Array, from: string | null): Promise<boolean> => {
    const reply = await askOnCondition({ method: 'PUT', key, headers: conditions.headersFor(from), body: bytes });
    // 409: somebody else's write of the same key goes on; 404: what should be replaced is gone.
    if (reply.status === 412 || reply.status === 409 || (reply.status === 404 && from !== null)) return false;
    expect(reply, `storing ${key}`, 200);
    return true;
  };
  let isTrusted = false;
  /** lakeFS, for one, takes conditions and ignores them. Then of two pushes at once one would be lost, and nobody would know. */
  const needConditions = async (key: string, bytes: Uint8Array): Promise<void> => {
    if (!isTrusted && (await swap(key, bytes, conditions.nobodys))) throw remoteUnsafe(address);
    isTrusted = true;
  };

  return {
    address,
    canList: true,
    get: async (key) => {
      const reply = await ask({ method: 'GET', key });
      if (reply.status === 404 && !reply.body.includes('NoSuchBucket')) return null;
      expect(reply, `reading ${key}`, 200);
      return { bytes: reply.body, tag: conditions.tagOf(reply) };
    },
    read: async (key, start, end) => {
      const reply = await ask({ method: 'GET', key, headers: { range: `bytes=${start}-${end - 1}` } });
      if (reply.status === 404 || reply.status === 416) throw remoteDamaged(address, key, 'it is gone or cut short');
      expect(reply, `reading ${key}`, 206, 200);
      // A server that knows no ranges gives all of it.
      const bytes = reply.status === 200 ? reply.body.subarray(start, end) : reply.body;
      if (bytes.length !== end - start) throw remoteDamaged(address, key, 'it is cut short');
      return bytes;
    },
    size: (key) => sizeOf(bucket, key),
    list: (prefix) => list(bucket, prefix),
    put: (key, source, sent = () => undefined) =>
      source.size > PART_BYTES ? putInParts({ key, source, sent }) : putWhole(bucket, key, source, sent),
    swap: async (key, bytes, from) => {
      if (from !== null) await needConditions(key, bytes);
      return swap(key, bytes, from);
    },
    remove: async (keysToRemove) => {
      if (place.dialect === 'google')
        return inParallel(keysToRemove, REMOVALS_AT_ONCE, (key) => removeOne(bucket, key));
      for (let at = 0; at < keysToRemove.length; at += KEYS_A_DELETION)
        await removeMany(bucket, keysToRemove.slice(at, at + KEYS_A_DELETION));
    },
    leftovers: (prefix) => leftovers(bucket, prefix),
    close: () => {
      exchange.close();
      return Promise.resolve();
    },
  };
};

const list = async function* ({ ask, expect, place }: Bucket, prefix: string): AsyncGenerator<Listed, void> {
  // Without `encoding-type=url`: servers differ in what they encode then.
  const asked = { 'list-type': '2', prefix: `${place.prefix}${prefix}` };
  for (let token = ''; ;) {
    const query = { ...(token === '' ? {} : { 'continuation-token': token }), ...asked };
    const reply = expect(await ask({ method: 'GET', key: '', query }), `listing ${prefix}`, 200);
    const page = reply.body.toString('utf8');
    for (const entry of elementsOf(page, 'Contents')) {
      const key = textOf(entry, 'Key').slice(place.prefix.length);
      yield { key, bytes: Number(textOf(entry, 'Size')) };
    }
    token = textOf(page, 'NextContinuationToken');
    if (token === '') return;
  }
};

type Sent = (bytes: number) => void;

const putWhole = ({ ask, expect, budget, place }: Bucket, key: string, source: Source, sent: Sent): Promise<void> =>
  budget(source.size, async () => {
    const body = await source.read(0, source.size);
    expect(await ask({ method: 'PUT', key, headers: place.writeHeaders, body }), `storing ${key}`, 200);
    sent(source.size);
  });

const leftovers = async function* (bucket: Bucket, prefix: string): AsyncGenerator<Leftover, void> {
  for await (const upload of listUploads(bucket, prefix))
    yield { key: upload.key, at: upload.at, remove: () => endUpload(bucket, upload) };
};

const removeMany = async ({ ask, expect, place, address }: Bucket, keys: readonly string[]): Promise<void> => {
  const objects = keys.map((key) => `<Object><Key>${escapeXml(`${place.prefix}${key}`)}</Key></Object>`);
  const body = Buffer.from(`<Delete><Quiet>true</Quiet>${objects.join('')}</Delete>`);
  const reply = expect(await ask({ method: 'POST', key: '', query: { delete: '' }, body }), 'removing', 200);
  if (reply.body.includes('<Error>')) throw refusal(reply, 'removing', address);
};

const removeOne = async ({ ask, expect }: Bucket, key: string): Promise<void> => {
  expect(await ask({ method: 'DELETE', key }), `removing ${key}`, 204, 200, 404);
};
