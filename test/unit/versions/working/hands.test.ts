import { createHash } from 'node:crypto';
import { statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { MessageChannel } from 'node:worker_threads';
import { expect, test } from 'vitest';
import { writeContent } from '../../../../sidecar/versions/tree/contents.ts';
import { workAlong } from '../../../../sidecar/versions/working/colleague.ts';
import { startHands, type Hands } from '../../../../sidecar/versions/working/hands.ts';
import { splitEntries, toVersionFile, unreadEntry } from '../../../../sidecar/versions/working/index-entry.ts';
import { keepNothing } from '../../../../sidecar/versions/working/read-files.ts';
import { toBuffer, type ThreadRole } from '../../../../sidecar/versions/working/thread-messages.ts';
import { freshFolder } from '../../../support/fresh-folder.ts';

const program = (path: string): string => fileURLToPath(new URL(path, import.meta.url));
const sound = program('../../../../sidecar/versions/working/data-worker.ts');
/** Its threads die behind their first answer. */
const dying = program('dying-worker.ts');

const readingOf = (folder: string): ThreadRole => ({
  role: 'read',
  data: { type: 'folder', path: 'data', absolute: folder },
  store: null,
});

/** Files, and hands that read them as if they were many. */
const reading = (files: number, threadProgram: string | null, onDone: (bytes: number) => void = () => undefined) => {
  const folder = freshFolder();
  const entries = Array.from({ length: files }, (_, at) => {
    const path = `f${at}`;
    writeFileSync(join(folder, path), `content ${at}`);
    return unreadEntry({ path, stat: statSync(join(folder, path)) });
  });
  const hands = startHands({
    role: readingOf(folder),
    amount: { files: 1e6, bytes: 0 },
    program: threadProgram,
    onDone,
  });
  return { hands, entries, folder };
};

const nameOf = async (hands: Hands, entry: Buffer): Promise<string | undefined> => {
  const { entries } = await hands.ask({ type: 'read', entries: entry });
  return [...splitEntries(toBuffer(entries))].map(toVersionFile)[0]?.content;
};

test('all hands give the same answers, each to the order that it was asked', async () => {
  const { hands, entries } = reading(40, sound);
  const names = await Promise.all(entries.map((entry) => nameOf(hands, entry)));
  expect(names).toEqual(entries.map((_, at) => writeContent(keepNothing, [Buffer.from(`content ${at}`)]).content));
  await hands.commit();
  await hands.close();
});

test('one order is done here and starts no thread; a long one is left to a thread, and is heard of when that dies', async () => {
  const { hands, entries } = reading(2, dying);
  const [first, second] = entries as [Buffer, Buffer];
  for (const entry of [first, second]) expect(await nameOf(hands, entry)).toBeDefined();
  const md5 = createHash('md5').update('content 0').digest('hex');
  expect(await hands.ask({ type: 'md5', entry: first })).toEqual({ type: 'md5', md5 });
  // It dies behind its answer.
  await expect(hands.ask({ type: 'md5', entry: second })).rejects.toThrow('out of memory, as planted');
  await expect(nameOf(hands, first)).rejects.toThrow('out of memory, as planted');
  await hands.close();
});

test('who is told how much was done stops the work by throwing, whoever did it', async () => {
  const enough = () => {
    throw new Error('that is enough');
  };
  const { hands, entries } = reading(1, sound, enough);
  const entry = entries[0]!;
  await expect(hands.ask({ type: 'chunks', entry, start: 0, ends: [9] })).rejects.toThrow('that is enough');
  await expect(hands.ask({ type: 'md5', entry })).rejects.toThrow('that is enough');
  await hands.close();
});

test('between two orders of this thread it is heard what the others answer', async () => {
  const { entries, folder } = reading(2, null);
  const here = workAlong({ role: readingOf(folder), packs: null, onDone: () => undefined });
  const { port1: other, port2: ear } = new MessageChannel();
  const heard: string[] = [];
  ear.on('message', () => heard.push('an answer'));
  const [first, second] = entries.map(async (entry, at) => {
    await here.do({ type: 'read', entries: entry });
    heard.push(`order ${at}`);
    other.postMessage('');
  });
  await Promise.all([first, second]);
  expect(heard).toEqual(['order 0', 'an answer', 'order 1']);
  other.close();
  await here.end();
});
