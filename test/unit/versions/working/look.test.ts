import { readdirSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import { freshFolder } from '../../../support/fresh-folder.ts';
import { dataSetOf } from './data-set.ts';

const program = (path: string): string => fileURLToPath(new URL(path, import.meta.url));
const sound = program('../../../../sidecar/versions/working/data-worker.ts');
const dying = program('dying-worker.ts');

const filesOf = (text: string): Record<string, string> =>
  Object.fromEntries(Array.from({ length: 400 }, (_, at) => [`${at % 40}/${at}`, `${text} ${at}`]));

test.each<readonly [what: string, threadProgram: string, links: readonly string[], message: string]>([
  ['file that cannot be versioned', sound, ['data/20/link'], 'it is a link to nothing'],
  ['thread that dies', dying, [], 'out of memory, as planted'],
])(
  'threads that looked at files that differ leave nothing behind on disk after a %s',
  async (...args) => {
    const [, threadProgram, links, message] = args;
    const root = freshFolder();
    const [one, many] = [dataSetOf(root), dataSetOf(root, { threadProgram, sharedIndexBytes: 1 })];
    one.layOut(filesOf('once'));
    const { version } = await one.take();
    one.layOut(filesOf('and again'));
    for (const link of links) symlinkSync('nowhere', join(root, link));
    await expect(many.status(version)).rejects.toThrow(message);
    expect(readdirSync(one.indexes)).toEqual(['3a6eb0790f39ac87.index']);
  },
  60_000,
);
