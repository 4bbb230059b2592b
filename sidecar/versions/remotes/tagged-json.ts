import { setTimeout as sleep } from 'node:timers/promises';
import type { z } from 'zod';
import { remoteBusy, remoteDamaged, remoteUnsafe } from '../../faults.ts';
import type { Transport } from './transport.ts';

/** A small JSON object of a remote that several clients change at once. */
export interface TaggedJson<Value> {
  readonly key: string;
  readonly schema: z.ZodType<Value>;
  /** For people, as in “… changes all the time”. */
  readonly name: string;
}

const TRIES = 60;
const LONGEST_PAUSE_MS = 500;

/** @returns null where there is none @throws Fault `remote-damaged` */
export const readJson = async <Value>(transport: Transport, json: TaggedJson<Value>): Promise<Value | null> =>
  (await readTagged(transport, json))?.value ?? null;

/**
 * Changes it, whoever else does so at the same time: what has changed since it was read is read again. Ends when `change`
 * gives back what it was given. Only what is read back counts: some servers look at a condition and write a moment later.
 * @param change of what is there, null for nothing
 * @throws Fault `remote-refused` when others always come first, or the server ignores conditions
 */
export const changeJson = async <Value>(
  transport: Transport,
  json: TaggedJson<Value>,
  change: (before: Value | null) => Value | null,
): Promise<void> => {
  for (let tried = 0; tried < TRIES; tried += 1) {
    const found = await readTagged(transport, json);
    const before = found?.value ?? null;
    const after = change(before);
    if (after === before || after === null) return;
    const isWritten = await swapSafely(transport, json.key, after, found?.tag ?? null);
    if (!isWritten) await sleep(Math.random() * Math.min(LONGEST_PAUSE_MS, 20 * 2 ** tried));
  }
  throw remoteBusy(transport.address, json.name);
};

const swapSafely = async (transport: Transport, key: string, value: unknown, from: string | null): Promise<boolean> => {
  const bytes = Buffer.from(`${JSON.stringify(value)}\n`);
  if (!(await transport.swap(key, bytes, from))) return false;
  // Some servers take conditions and ignore them. Then of two pushes at once one would be lost, and nobody would know.
  if (from === null && (await transport.swap(key, bytes, null))) throw remoteUnsafe(transport.address);
  return true;
};

const readTagged = async <Value>(
  transport: Transport,
  { key, schema, name }: TaggedJson<Value>,
): Promise<{ readonly value: Value; readonly tag: string } | null> => {
  const found = await transport.get(key);
  if (found === null) return null;
  const parsed = schema.safeParse(parseJson(found.bytes.toString('utf8')));
  if (!parsed.success) throw remoteDamaged(transport.address, key, `it is no ${name} that this Trainyard can read`);
  return { value: parsed.data, tag: found.tag };
};

/** @returns undefined for what is no JSON */
const parseJson = (text: string): unknown => {
  try {
    return JSON.parse(text);
  } catch (error) {
    if (error instanceof SyntaxError) return undefined;
    throw error;
  }
};
