import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { crc32, deflateRawSync, inflateRawSync } from 'node:zlib';
import { expect, test } from 'vitest';
import { recompress } from '../../../tools/recompress.ts';
import { freshFolder } from '../../support/fresh-folder.ts';

const SIZES_BEHIND = 8;

/** An archive as streaming writers make it: sizes and checksum stand behind the bytes of each entry. */
const zip = (files: Readonly<Record<string, Buffer>>): Buffer => {
  const parts: Buffer[] = [];
  const directory: Buffer[] = [];
  let offset = 0;
  for (const [name, bytes] of Object.entries(files)) {
    const data = deflateRawSync(bytes, { level: 1 });
    const central = Buffer.alloc(46);
    central.writeUInt32LE(0x02014b50, 0);
    central.writeUInt16LE(SIZES_BEHIND, 8);
    central.writeUInt16LE(8, 10);
    central.writeUInt32LE(crc32(bytes), 16);
    central.writeUInt32LE(data.length, 20);
    central.writeUInt32LE(bytes.length, 24);
    central.writeUInt16LE(name.length, 28);
    central.writeUInt32LE(offset, 42);
    directory.push(central, Buffer.from(name));
    const local = Buffer.alloc(30);
    local.writeUInt32LE(0x04034b50, 0);
    local.writeUInt16LE(SIZES_BEHIND, 6);
    local.writeUInt16LE(8, 8);
    local.writeUInt16LE(name.length, 26);
    const behind = Buffer.concat([Buffer.from([0x50, 0x4b, 7, 8]), central.subarray(16, 28)]);
    const part = Buffer.concat([local, Buffer.from(name), data, behind]);
    parts.push(part);
    offset += part.length;
  }
  const central = Buffer.concat(directory);
  const end = Buffer.alloc(22);
  end.writeUInt32LE(0x06054b50, 0);
  end.writeUInt16LE(Object.keys(files).length, 10);
  end.writeUInt32LE(central.length, 12);
  end.writeUInt32LE(offset, 16);
  return Buffer.concat([...parts, central, end]);
};

/** Reads an archive from its front, by the headers of its entries alone. */
const unzip = (archive: Buffer): Record<string, Buffer> => {
  const files: Record<string, Buffer> = {};
  for (let at = 0; archive.readUInt32LE(at) === 0x04034b50;) {
    expect(archive.readUInt16LE(at + 6) & SIZES_BEHIND).toBe(0);
    const [size, name] = [archive.readUInt32LE(at + 18), archive.readUInt16LE(at + 26)];
    const start = at + 30 + name;
    const bytes = inflateRawSync(archive.subarray(start, start + size));
    expect([crc32(bytes), bytes.length]).toEqual([archive.readUInt32LE(at + 14), archive.readUInt32LE(at + 22)]);
    files[archive.toString('utf8', at + 30, start)] = bytes;
    at = start + size;
  }
  return files;
};

test('an archive becomes smaller and holds the same files, the second time from what was kept', async () => {
  const words = Array.from({ length: 60_000 }, (_, at) => `${(at * 7919) % 10_007} of ${at % 13}\n`).join('');
  const files = { 'a/large.txt': Buffer.from(words), 'small.txt': Buffer.from('small'), 'empty.txt': Buffer.alloc(0) };
  const folder = freshFolder();
  const path = join(folder, 'package.vsix');
  const before = zip(files);
  for (let time = 0; time < 2; time += 1) {
    writeFileSync(path, before);
    await recompress(path, join(folder, 'cache'));
    const after = readFileSync(path);
    expect(after.length).toBeLessThan(before.length);
    expect(unzip(after)).toEqual(files);
  }
});

test('what is no archive is refused', async () => {
  const path = join(freshFolder(), 'a.vsix');
  writeFileSync(path, 'nothing');
  await expect(recompress(path, join(path, '..'))).rejects.toThrow('no ZIP archive');
});
