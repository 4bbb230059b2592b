import { Fault } from '../../../faults.ts';
import { md5Of } from '../../hash.ts';
import { inParallel } from '../parallel.ts';
import type { Source } from '../transport.ts';
import { refusal } from './ask.ts';
import { sizeOf, type Bucket } from './bucket.ts';
import { endUpload, listParts, listUploads, type OpenUpload, type StoredPart } from './uploads.ts';
import { escapeXml, textOf } from './xml.ts';

export interface PartedPut {
  readonly key: string;
  readonly source: Source;
  readonly sent: (bytes: number) => void;
}

const PARTS_AT_ONCE = 4;
/** Small, so that of a pack that breaks off the first parts are there when the last are on their way. */
const SMALLEST_PART = 8 << 20;
/** S3 takes no more parts than that. */
const MOST_PARTS = 10_000;
const ABANDON_MS = 5_000;
/** How often an upload may be ended by somebody else before that is an error. */
const TRIES = 3;

/**
 * Brings large objects up in parts, each checked by the server; an object is there when the last request says so, and
 * never in part. An upload that broke off is gone on with: of its parts those count whose MD5 is that of our bytes.
 * (Where the server's tags are no MD5, as in buckets with keys of their own, none does, and all are sent.)
 */
export const createPartedPuts = (bucket: Bucket): ((put: PartedPut) => Promise<void>) => {
  /** Listed once, when the first object needs it. */
  let begun: Promise<Map<string, OpenUpload>> | undefined;
  const uploadFor = async (key: string): Promise<Upload> => {
    begun ??= newestByKey(bucket);
    const known = (await begun).get(key);
    (await begun).delete(key);
    const parts = known === undefined ? null : await listParts(bucket, known);
    return known === undefined || parts === null ? begin(bucket, key) : { ...known, parts };
  };
  return async (put) => {
    for (let tried = 1; ; tried += 1) {
      const upload = await uploadFor(put.key);
      const isThere = await putInParts(bucket, upload, put);
      if (isThere) return;
      if (tried === TRIES) throw new Error(`uploads of ${put.key} end before they are complete`);
    }
  };
};

interface Upload {
  readonly key: string;
  readonly id: string;
  readonly parts: ReadonlyMap<number, StoredPart>;
}

const newestByKey = async (bucket: Bucket): Promise<Map<string, OpenUpload>> => {
  const byKey = new Map<string, OpenUpload>();
  for await (const upload of listUploads(bucket, ''))
    if ((byKey.get(upload.key)?.at ?? -Infinity) <= upload.at) byKey.set(upload.key, upload);
  return byKey;
};

const begin = async ({ ask, expect, place }: Bucket, key: string): Promise<Upload> => {
  const reply = await ask({ method: 'POST', key, query: { uploads: '' }, headers: place.writeHeaders });
  const id = textOf(expect(reply, `storing ${key}`, 200).body.toString('utf8'), 'UploadId');
  return { key, id, parts: new Map() };
};

/** @returns false when somebody else has ended the upload and the object is not there */
const putInParts = async (bucket: Bucket, upload: Upload, { key, source, sent }: PartedPut): Promise<boolean> => {
  const { ask, expect, address } = bucket;
  try {
    const tags = await putParts(bucket, upload, { key, source, sent });
    const ended =
      tags === null ? null : await ask({ method: 'POST', key, query: { uploadId: upload.id }, body: partList(tags) });
    // Somebody else has brought the same bytes, or the answer to an earlier try got lost, and the upload with it.
    if (ended === null || ended.status === 404) return (await sizeOf(bucket, key)) === source.size;
    // The answer begins before the work is done: a failure can come with status 200.
    if (expect(ended, `storing ${key}`, 200).body.includes('<Error>')) throw refusal(ended, `storing ${key}`, address);
    return true;
  } catch (error) {
    // What the network or a person has broken off may be gone on with; what the server does not want may not.
    if (error instanceof Fault && error.code === 'remote-refused') await abandon(bucket, upload);
    throw error;
  }
};

/** @returns the tag of each part; null when the upload has ended meanwhile */
const putParts = async (
  bucket: Bucket,
  { id, parts }: Upload,
  { key, source, sent }: PartedPut,
): Promise<string[] | null> => {
  const { ask, expect, budget } = bucket;
  const tags: string[] = [];
  const bytes = partBytes(source.size);
  const upload = { hasEnded: false };
  const numbers = Array.from({ length: Math.ceil(source.size / bytes) }, (_, at) => at + 1);
  await inParallel(numbers, PARTS_AT_ONCE, (number) =>
    budget(bytes, async () => {
      if (upload.hasEnded) return;
      const body = await source.read((number - 1) * bytes, Math.min(source.size, number * bytes));
      const stored = parts.get(number);
      if (stored?.bytes === body.length && stored.tag === `"${md5Of(body)}"`) tags[number - 1] = stored.tag;
      else {
        const reply = await ask({ method: 'PUT', key, query: { partNumber: String(number), uploadId: id }, body });
        upload.hasEnded ||= reply.status === 404 && !reply.body.includes('NoSuchBucket');
        if (upload.hasEnded) return;
        tags[number - 1] = String(expect(reply, `storing ${key}`, 200).headers.etag);
      }
      sent(body.length);
    }),
  );
  return upload.hasEnded ? null : tags;
};

/** The same for the same object, so that the parts of another try fit. */
const partBytes = (size: number): number => SMALLEST_PART * Math.ceil(size / (SMALLEST_PART * MOST_PARTS));

const partList = (tags: readonly string[]): Buffer => {
  const parts = tags.map((tag, at) => `<Part><PartNumber>${at + 1}</PartNumber><ETag>${escapeXml(tag)}</ETag></Part>`);
  return Buffer.from(`<CompleteMultipartUpload>${parts.join('')}</CompleteMultipartUpload>`);
};

/** The failure that led here is what is told. */
const abandon = async (bucket: Bucket, upload: Upload): Promise<void> => {
  await endUpload(bucket, upload, AbortSignal.timeout(ABANDON_MS)).catch(() => undefined);
};
