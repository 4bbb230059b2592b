import { remoteDamaged } from '../../../faults.ts';
import type { Exchange, Reply } from '../http/exchange.ts';
import { createBudget, inParallel, type Budget } from '../parallel.ts';
import { PART_BYTES, type Listed, type Source, type Transport } from '../transport.ts';
import { createAsk, refusal, type Ask } from './ask.ts';
import { conditionsOf } from './conditions.ts';
import type { S3Keys, S3Place } from './place.ts';
import { signerOf } from './sign.ts';
import { elementsOf, escapeXml, textOf } from './xml.ts';

export interface S3Needs {
  readonly place: S3Place;
  /** Null for buckets that anyone may read. */
  readonly keys: S3Keys | null;
  readonly exchange: Exchange;
  /** For people. */
  readonly address: string;
}

interface Bucket extends S3Needs {
  readonly ask: Ask;
  /** What is held in memory on its way up. */
  readonly budget: Budget;
  /** @throws Fault `remote-refused` for any other status */
  readonly expect: (reply: Reply, what: string, ...wanted: readonly number[]) => Reply;
}

const HELD_BYTES = 64 << 20;
const PARTS_AT_ONCE = 4;
const KEYS_A_DELETION = 1000;
const ABANDON_MS = 5_000;

/** A bucket that speaks S3: Amazon's, a self-made server's, Google's, lakeFS's. */
export const openS3 = (needs: S3Needs): Transport => {
  const { place, keys, exchange, address } = needs;
  const ask = createAsk(place, signerOf(keys), exchange);
  const conditions = conditionsOf(place, keys);
  const askOnCondition = createAsk(place, conditions.sign, exchange);
  const expect: Bucket['expect'] = (reply, what, ...wanted) => {
    if (!wanted.includes(reply.status)) throw refusal(reply, what, address);
    return reply;
  };
  const bucket: Bucket = { ...needs, ask, expect, budget: createBudget(HELD_BYTES) };

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
      source.size > PART_BYTES ? putInParts(bucket, key, source, sent) : putWhole(bucket, key, source, sent),
    swap: async (key, bytes, from) => {
      const reply = await askOnCondition({ method: 'PUT', key, headers: conditions.headersFor(from), body: bytes });
      // 409: somebody else's write of the same key goes on; 404: what should be replaced is gone.
      if (reply.status === 412 || reply.status === 409 || (reply.status === 404 && from !== null)) return false;
      expect(reply, `storing ${key}`, 200);
      return true;
    },
    remove: async (keysToRemove) => {
      if (place.dialect === 'google') return inParallel(keysToRemove, PARTS_AT_ONCE, (key) => removeOne(bucket, key));
      for (let at = 0; at < keysToRemove.length; at += KEYS_A_DELETION)
        await removeMany(bucket, keysToRemove.slice(at, at + KEYS_A_DELETION));
    },
    close: () => {
      exchange.close();
      return Promise.resolve();
    },
  };
};

const sizeOf = async ({ ask, expect }: Bucket, key: string): Promise<number | null> => {
  const reply = await ask({ method: 'HEAD', key });
  return reply.status === 404 ? null : Number(expect(reply, `asking for ${key}`, 200).headers['content-length']);
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

/** In parts, each checked by the server; the object is there when the last request says so, and never in part. */
const putInParts = async (bucket: Bucket, key: string, source: Source, sent: Sent): Promise<void> => {
  const { ask, expect, place, address } = bucket;
  const what = `storing ${key}`;
  const begun = await ask({ method: 'POST', key, query: { uploads: '' }, headers: place.writeHeaders });
  const uploadId = textOf(expect(begun, what, 200).body.toString('utf8'), 'UploadId');
  try {
    const tags = await putParts(bucket, key, uploadId, source, sent);
    const reply = await ask({ method: 'POST', key, query: { uploadId }, body: partList(tags) });
    // The answer to an earlier try got lost, and the upload with it.
    if (reply.status === 404 && (await sizeOf(bucket, key)) === source.size) return;
    // The answer begins before the work is done: a failure can come with status 200.
    if (expect(reply, what, 200).body.includes('<Error>')) throw refusal(reply, what, address);
  } catch (error) {
    await abandon(bucket, key, uploadId);
    throw error;
  }
};

const putParts = async ({ ask, expect, budget }: Bucket, key: string, uploadId: string, source: Source, sent: Sent) => {
  const tags: string[] = [];
  const parts = Array.from({ length: Math.ceil(source.size / PART_BYTES) }, (_, at) => at);
  await inParallel(parts, PARTS_AT_ONCE, (at) =>
    budget(PART_BYTES, async () => {
      const body = await source.read(at * PART_BYTES, Math.min(source.size, (at + 1) * PART_BYTES));
      const query = { partNumber: String(at + 1), uploadId };
      const reply = expect(await ask({ method: 'PUT', key, query, body }), `storing ${key}`, 200);
      tags[at] = String(reply.headers.etag);
      sent(body.length);
    }),
  );
  return tags;
};

const partList = (tags: readonly string[]): Buffer => {
  const parts = tags.map((tag, at) => `<Part><PartNumber>${at + 1}</PartNumber><ETag>${escapeXml(tag)}</ETag></Part>`);
  return Buffer.from(`<CompleteMultipartUpload>${parts.join('')}</CompleteMultipartUpload>`);
};

/** Parts of an upload without an end would be kept, and paid for. The failure that led here is what is told. */
const abandon = async ({ ask }: Bucket, key: string, uploadId: string): Promise<void> => {
  const until = AbortSignal.timeout(ABANDON_MS);
  await ask({ method: 'DELETE', key, query: { uploadId } }, until).catch(() => undefined);
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
