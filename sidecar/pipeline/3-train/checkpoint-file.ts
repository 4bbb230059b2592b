import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { z } from 'zod';
import { RunId } from '../../contract/ids.ts';
import type { Checkpoint, NamedTensors } from '../../engines/checkpoint.ts';
import { openDraft, syncFolder } from '../../versions/durable.ts';

const TensorSize = z.object({ name: z.string(), length: z.number().int().nonnegative() });

/** What stands before the numbers. */
const Header = z.object({
  run: RunId,
  batchSize: z.number().int().positive(),
  standing: z.object({
    epoch: z.number().int().positive(),
    batch: z.number().int().nonnegative(),
    step: z.number().int().nonnegative(),
    losses: z.number(),
    right: z.number(),
    best: z.object({
      epoch: z.number().int().nonnegative(),
      metrics: z.record(z.string(), z.number()),
      worse: z.number().int().nonnegative(),
      plateaus: z.number().int().nonnegative(),
    }),
    mathMs: z.number().nonnegative(),
    totalMs: z.number().nonnegative(),
  }),
  /** Points of the curves that belong to it, and the hash of their bytes. */
  points: z.object({ count: z.number().int().nonnegative(), hash: z.string() }),
  state: z.array(TensorSize),
  best: z.array(TensorSize),
});
type Header = z.infer<typeof Header>;

/** A checkpoint with whose it is, as it lies in a file. */
export interface StoredCheckpoint extends Checkpoint {
  readonly run: RunId;
  readonly batchSize: number;
  readonly points: Header['points'];
}

const MAGIC = Buffer.from('trainyard checkpoint 1\n');
const HASH_BYTES = 32;

const sizesOf = (tensors: NamedTensors): Header['state'] =>
  Array.from(tensors, ([name, { length }]) => ({ name, length }));

const bytesOf = (data: Float32Array): Uint8Array => new Uint8Array(data.buffer, data.byteOffset, data.byteLength);

/**
 * Writes a checkpoint so that it is there as a whole or not at all: magic, length of the header, header (JSON), float32
 * numbers in this machine's byte order, SHA-256 of all that.
 */
export const writeCheckpoint = (
  path: string,
  { run, batchSize, points, standing, state, best }: StoredCheckpoint,
): void => {
  const header: Header = { run, batchSize, standing, points, state: sizesOf(state), best: sizesOf(best) };
  const text = Buffer.from(JSON.stringify(header));
  const length = Buffer.alloc(4);
  length.writeUInt32LE(text.length);
  const draft = openDraft(dirname(path));
  const hash = createHash('sha256');
  try {
    for (const bytes of [MAGIC, length, text, ...[...state.values(), ...best.values()].map(bytesOf)]) {
      hash.update(bytes);
      draft.write(bytes);
    }
    draft.write(hash.digest());
    draft.publish(path);
  } finally {
    draft.discard();
  }
  syncFolder(dirname(path));
};

/** The checkpoint in a file; undefined for one that is torn or was changed. @throws what reading the file throws */
export const readCheckpoint = (path: string): StoredCheckpoint | undefined => {
  const bytes = readFileSync(path);
  const body = bytes.subarray(0, -HASH_BYTES);
  const hash = createHash('sha256').update(body).digest();
  if (bytes.length < HASH_BYTES || !hash.equals(bytes.subarray(-HASH_BYTES))) return undefined;
  const textAt = MAGIC.length + 4;
  if (!body.subarray(0, MAGIC.length).equals(MAGIC)) return undefined;
  const textEnd = textAt + body.readUInt32LE(MAGIC.length);
  const { state, best, ...header } = Header.parse(JSON.parse(body.toString('utf8', textAt, textEnd)));
  const take = takeFloats(body, textEnd);
  return { ...header, state: take(state), best: take(best) };
};

/** Takes tensors from the bytes, one after the other. */
const takeFloats = (bytes: Buffer, from: number) => {
  let at = from;
  return (sizes: Header['state']): NamedTensors =>
    new Map(
      sizes.map(({ name, length }) => {
        const data = new Float32Array(length);
        bytesOf(data).set(bytes.subarray(at, at + 4 * length));
        at += 4 * length;
        return [name, data];
      }),
    );
};
