import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';
import { writeDurably } from '../versions/durable.ts';
import { sha256Of } from '../versions/hash.ts';

/** What an address brought when it was first used. */
const KnownDigest = z.object({
  asked: z.string().describe('The address as it was given.'),
  url: z.string().describe('Where the file was brought from: the same, but with the commit instead of a branch.'),
  sha256: z.string().regex(/^[0-9a-f]{64}$/),
});
export type KnownDigest = z.infer<typeof KnownDigest>;

/** A short, safe name for an address. */
export const nameOfAddress = (url: string): string => sha256Of(url).slice(0, 16);

const pathOf = (folder: string, asked: string): string => join(folder, `${nameOfAddress(asked)}.digest.json`);

/**
 * Digests of files whose publisher gives none that could be pinned: the first one that an address brings is remembered,
 * and later ones must be equal to it, so that weights never change in silence.
 */
export const recallDigest = (folder: string, asked: string): KnownDigest | null => {
  const path = pathOf(folder, asked);
  return existsSync(path) ? KnownDigest.parse(JSON.parse(readFileSync(path, 'utf8'))) : null;
};

export const rememberDigest = (folder: string, known: KnownDigest): void =>
  writeDurably(pathOf(folder, known.asked), `${JSON.stringify(known, null, 2)}\n`);
