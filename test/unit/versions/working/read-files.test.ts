import { appendFileSync, rmSync, statSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { toVersionFile, unreadEntry } from '../../../../sidecar/versions/working/index-entry.ts';
import { keepNothing, md5OfFile, readFile } from '../../../../sidecar/versions/working/read-files.ts';
import { freshFolder } from '../../../support/fresh-folder.ts';

const LARGE = 5_000_000;

const dataIn = (folder: string, bytes: Buffer | string) => {
  writeFileSync(join(folder, 'f'), bytes);
  const data = { type: 'folder' as const, path: 'data', absolute: folder };
  const entry = unreadEntry({ path: 'f', stat: statSync(join(folder, 'f')) });
  const reading = { data, draft: keepNothing, onBytes: (): void => undefined };
  const nameOf = () => toVersionFile(readFile(entry, reading)!).content;
  return { entry, reading, nameOf, file: join(folder, 'f') };
};

test('a file that is changed while it is read is read again, and no mixture is named', () => {
  const { entry, reading, file } = dataIn(freshFolder(), Buffer.alloc(LARGE, 'a'));
  let met = 0;
  const onBytes = () => {
    met += 1;
    if (met === 2) appendFileSync(file, 'b'.repeat(70_000));
  };
  const changing = { ...reading, onBytes };
  const read = toVersionFile(readFile(entry, changing)!);
  expect(read.size).toBe(LARGE + 70_000);
  const after = dataIn(freshFolder(), Buffer.concat([Buffer.alloc(LARGE, 'a'), Buffer.alloc(70_000, 'b')]));
  expect(read.content).toBe(after.nameOf());
});

test('a file that never rests is refused by name', () => {
  const { entry, reading, file } = dataIn(freshFolder(), Buffer.alloc(LARGE, 'a'));
  const restless = { ...reading, onBytes: () => appendFileSync(file, 'b') };
  expect(() => readFile(entry, restless)).toThrow(
    expect.objectContaining({
      code: 'dataset-unreadable',
      message: 'data/f cannot be versioned: it keeps changing while it is read.',
    }),
  );
});

test('one that became shorter or longer since it was found is read as it is now, and one that is gone is null', () => {
  const { entry, reading, file } = dataIn(freshFolder(), 'hello world');
  truncateSync(file, 5);
  expect(toVersionFile(readFile(entry, reading)!)).toMatchObject({ size: 5, md5: '5d41402abc4b2a76b9719d911017c592' });
  appendFileSync(file, ' you');
  expect(toVersionFile(readFile(entry, reading)!).size).toBe(9);
  rmSync(file);
  expect(readFile(entry, reading)).toBeNull();
  expect(md5OfFile(entry, reading)).toBeNull();
});

test('the MD5 of a file that is another one by now is not told', () => {
  const { entry, reading, file } = dataIn(freshFolder(), Buffer.alloc(LARGE, 'a'));
  expect(md5OfFile(entry, reading)).toMatch(/^[0-9a-f]{32}$/);
  writeFileSync(file, Buffer.alloc(LARGE, 'b'));
  expect(md5OfFile(entry, reading)).toBeNull();
});
