import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { mkdir, readFile, rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { inflateRawSync } from 'node:zlib';
import { deflateRaw } from 'pako';

/** Smaller entries gain nothing that is worth the time. */
const LEAST_BYTES = 1 << 15;
const CENTRAL = 0x02014b50;
const END = 0x06054b50;
const DEFLATED = 8;
/** Sizes stand in the header of the entry, and not behind its bytes. */
const SIZES_BEHIND = 1 << 3;

/**
 * Writes a ZIP archive anew with its large entries packed harder: the zlib of Node is a fast one, and what is classic
 * zlib at level 9 takes 2 % less of a large library. That takes a while, so what is packed once is kept in `cache`.
 * @param path an archive of less than 4 GiB
 */
export async function recompress(path: string, cache: string): Promise<void> {
  const archive = await readFile(path);
  const entries = readEntries(archive);
  const parts: Buffer[] = [];
  const directory: Buffer[] = [];
  let offset = 0;
  for (const entry of entries) {
    const data = await packHarder(dataOf(archive, entry), entry, cache);
    const local = Buffer.concat([localHeader(entry, data.length), data]);
    directory.push(centralHeader(entry, data.length, offset));
    parts.push(local);
    offset += local.length;
  }
  const central = Buffer.concat(directory);
  await writeFile(`${path}.new`, Buffer.concat([...parts, central, endRecord(entries.length, central.length, offset)]));
  await rename(`${path}.new`, path);
}

/** A central header as it stands in the archive, with the name behind it. */
interface Entry {
  readonly header: Buffer;
  readonly name: Buffer;
}

const readEntries = (archive: Buffer): readonly Entry[] => {
  const end = archive.lastIndexOf(Buffer.from([0x50, 0x4b, 0x05, 0x06]));
  if (end < 0) throw new Error('This is no ZIP archive.');
  const entries: Entry[] = [];
  let at = archive.readUInt32LE(end + 16);
  for (let left = archive.readUInt16LE(end + 10); left > 0; left -= 1) {
    if (archive.readUInt32LE(at) !== CENTRAL) throw new Error('The directory of this ZIP archive is damaged.');
    const [name, extra, comment] = [28, 30, 32].map((field) => archive.readUInt16LE(at + field)) as [
      number,
      number,
      number,
    ];
    entries.push({ header: archive.subarray(at, at + 46), name: archive.subarray(at + 46, at + 46 + name) });
    at += 46 + name + extra + comment;
  }
  return entries;
};

const dataOf = (archive: Buffer, { header }: Entry): Buffer => {
  const local = header.readUInt32LE(42);
  const start = local + 30 + archive.readUInt16LE(local + 26) + archive.readUInt16LE(local + 28);
  return archive.subarray(start, start + header.readUInt32LE(20));
};

const packHarder = async (data: Buffer, { header }: Entry, cache: string): Promise<Buffer> => {
  if (header.readUInt16LE(10) !== DEFLATED || data.length < LEAST_BYTES) return data;
  const kept = join(cache, `${createHash('sha256').update(data).digest('hex')}.deflated`);
  if (!existsSync(kept)) {
    await mkdir(cache, { recursive: true });
    await writeFile(`${kept}.new`, deflateRaw(inflateRawSync(data), { level: 9, memLevel: 9 }));
    await rename(`${kept}.new`, kept);
  }
  const harder = await readFile(kept);
  return harder.length < data.length ? harder : data;
};

/** Version, flags, method, time, checksum and sizes stand alike in both headers. */
const localHeader = ({ header, name }: Entry, size: number): Buffer => {
  const local = Buffer.alloc(30);
  local.writeUInt32LE(0x04034b50, 0);
  header.copy(local, 4, 6, 28);
  local.writeUInt16LE(header.readUInt16LE(8) & ~SIZES_BEHIND, 6);
  local.writeUInt32LE(size, 18);
  local.writeUInt16LE(name.length, 26);
  return Buffer.concat([local, name]);
};

const centralHeader = ({ header, name }: Entry, size: number, offset: number): Buffer => {
  const central = Buffer.from(header);
  central.writeUInt16LE(header.readUInt16LE(8) & ~SIZES_BEHIND, 8);
  central.writeUInt32LE(size, 20);
  // Extra fields and comments are left out.
  central.writeUInt32LE(0, 30);
  central.writeUInt32LE(offset, 42);
  return Buffer.concat([central, name]);
};

const endRecord = (entries: number, size: number, offset: number): Buffer => {
  const end = Buffer.alloc(22);
  end.writeUInt32LE(END, 0);
  end.writeUInt16LE(entries, 8);
  end.writeUInt16LE(entries, 10);
  end.writeUInt32LE(size, 12);
  end.writeUInt32LE(offset, 16);
  return end;
};
