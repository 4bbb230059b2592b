import type { Bucket } from './bucket.ts';
import { elementsOf, textOf } from './xml.ts';

/** An upload in parts that has not ended. */
export interface OpenUpload {
  readonly key: string;
  readonly id: string;
  /** When it was begun, in milliseconds since 1970. */
  readonly at: number;
}

/** A part that is there. */
export interface StoredPart {
  readonly bytes: number;
  /** As the server gave it, in quotes. For most buckets the MD5 of the part. */
  readonly tag: string;
}

/** Of keys with this beginning. A server that does not tell, or not this client, seems to have none. */
export const listUploads = async function* (bucket: Bucket, prefix: string): AsyncGenerator<OpenUpload, void> {
  const { ask, expect, place } = bucket;
  for (let after: Readonly<Record<string, string>> = {}; ;) {
    const { 'key-marker': key, 'upload-id-marker': id } = after;
    const query = {
      ...(key === undefined ? {} : { 'key-marker': key }),
      prefix: `${place.prefix}${prefix}`,
      ...(id === undefined ? {} : { 'upload-id-marker': id }),
      uploads: '',
    };
    const reply = await ask({ method: 'GET', key: '', query });
    if (tellsNothing.has(reply.status)) return;
    const page = expect(reply, 'listing uploads', 200).body.toString('utf8');
    for (const entry of elementsOf(page, 'Upload'))
      yield {
        key: textOf(entry, 'Key').slice(place.prefix.length),
        id: textOf(entry, 'UploadId'),
        at: Date.parse(textOf(entry, 'Initiated')),
      };
    if (textOf(page, 'IsTruncated') !== 'true') return;
    after = { 'key-marker': textOf(page, 'NextKeyMarker'), 'upload-id-marker': textOf(page, 'NextUploadIdMarker') };
  }
};

/** The right to write does not bring the right to list uploads, and some servers have no such list. */
const tellsNothing: ReadonlySet<number> = new Set([403, 404, 405, 501]);

/** @returns by number; null for an upload that has ended */
export const listParts = async (
  bucket: Bucket,
  { key, id }: OpenUpload,
): Promise<ReadonlyMap<number, StoredPart> | null> => {
  const { ask, expect } = bucket;
  const parts = new Map<number, StoredPart>();
  for (let marker = ''; ;) {
    const query = { ...(marker === '' ? {} : { 'part-number-marker': marker }), uploadId: id };
    const reply = await ask({ method: 'GET', key, query });
    if (tellsNothing.has(reply.status)) return null;
    const page = expect(reply, `asking what of ${key} is there`, 200).body.toString('utf8');
    for (const entry of elementsOf(page, 'Part'))
      parts.set(Number(textOf(entry, 'PartNumber')), {
        bytes: Number(textOf(entry, 'Size')),
        tag: textOf(entry, 'ETag'),
      });
    if (textOf(page, 'IsTruncated') !== 'true') return parts;
    marker = textOf(page, 'NextPartNumberMarker');
  }
};

/** Parts of an upload without an end would be kept, and paid for. */
export const endUpload = async (
  { ask, expect }: Bucket,
  { key, id }: Pick<OpenUpload, 'key' | 'id'>,
  until?: AbortSignal,
): Promise<void> => {
  expect(
    await ask({ method: 'DELETE', key, query: { uploadId: id } }, until),
    `ending an upload of ${key}`,
    204,
    200,
    404,
  );
};
