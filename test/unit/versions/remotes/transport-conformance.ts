import { createHash, randomBytes } from 'node:crypto';
import { expect, test } from 'vitest';
import { inParallel } from '../../../../sidecar/versions/remotes/parallel.ts';
import { PART_BYTES, sourceOf, type Transport } from '../../../../sidecar/versions/remotes/transport.ts';

type Open = () => Transport | Promise<Transport>;

/** What every transport that can write must do. @param open a new client of the same place, which is empty at first */
export const describeTransport = (name: string, open: Open): void => {
  describeStorage(name, open);
  describeSwaps(name, open);
};

const usingOf =
  (open: Open) =>
  async (use: (transport: Transport) => Promise<void>): Promise<void> => {
    const transport = await open();
    try {
      await use(transport);
    } finally {
      await transport.close();
    }
  };

/** All of it but writes on a condition. */
export const describeStorage = (name: string, open: Open): void => {
  const using = usingOf(open);

  test(`${name}: what was put is read whole and in ranges, by its size and in a list`, () =>
    using(async (transport) => {
      const bytes = randomBytes(300_000);
      let sent = 0;
      await transport.put('one/packs/a b+&é.pack', sourceOf(bytes), (more) => (sent += more));
      await transport.put('one/empty', sourceOf(Buffer.alloc(0)));
      expect(sent).toBe(300_000);
      expect((await transport.get('one/packs/a b+&é.pack'))?.bytes.equals(bytes)).toBe(true);
      expect(await transport.read('one/packs/a b+&é.pack', 100, 200_100)).toEqual(bytes.subarray(100, 200_100));
      expect(await transport.size('one/packs/a b+&é.pack')).toBe(300_000);
      const listed = await collect(transport.list('one/'));
      expect(listed.sort((a, b) => (a.key < b.key ? -1 : 1))).toEqual([
        { key: 'one/empty', bytes: 0 },
        { key: 'one/packs/a b+&é.pack', bytes: 300_000 },
      ]);
    }));

  test(`${name}: what is not there is said to be so`, () =>
    using(async (transport) => {
      expect(await transport.get('nothing/here')).toBeNull();
      expect(await transport.size('nothing/here')).toBeNull();
      expect(await collect(transport.list('nothing/'))).toEqual([]);
      await transport.remove(['nothing/here']);
      await expect(transport.read('nothing/here', 0, 10)).rejects.toMatchObject({ code: 'remote-damaged' });
    }));

  test(`${name}: a range that goes on after the end is refused, never cut short`, () =>
    using(async (transport) => {
      await transport.put('short', sourceOf(Buffer.from('0123456789')));
      await expect(transport.read('short', 5, 20)).rejects.toMatchObject({ code: 'remote-damaged' });
      await expect(transport.read('short', 15, 20)).rejects.toMatchObject({ code: 'remote-damaged' });
    }));

  test(`${name}: an object of many parts arrives as it was`, () =>
    using(async (transport) => {
      const block = randomBytes(1 << 20);
      const size = 2 * PART_BYTES + 12_345;
      const whole = Buffer.alloc(size, block);
      const reads: number[] = [];
      let sent = 0;
      const read = (start: number, end: number) => {
        reads.push(end - start);
        return whole.subarray(start, end);
      };
      await transport.put('large', { size, read }, (more) => (sent += more));
      expect(sent).toBe(size);
      expect(Math.max(...reads)).toBeLessThanOrEqual(PART_BYTES);
      const found = createHash('sha256');
      for (let at = 0; at < size; at += PART_BYTES)
        found.update(await transport.read('large', at, Math.min(size, at + PART_BYTES)));
      expect(found.digest('hex')).toBe(createHash('sha256').update(whole).digest('hex'));
    }));

  test(`${name}: a listing has every key, however many`, () =>
    using(async (transport) => {
      const keys = Array.from({ length: 1_200 }, (_, at) => `many/${String(at).padStart(4, '0')}`);
      await inParallel(keys, 32, (key) => transport.put(key, sourceOf(Buffer.from(key))));
      const listed = (await collect(transport.list('many/'))).map(({ key }) => key);
      expect(listed.sort()).toEqual(keys);
      await transport.remove(keys);
      expect(await collect(transport.list('many/'))).toEqual([]);
    }));

  test(`${name}: what broke off is no object; it is told of, and may be removed`, () =>
    using(async (transport) => {
      const broken = {
        size: 3 * PART_BYTES,
        read: (start: number) => {
          if (start > 0) throw new Error('cut');
          return Buffer.alloc(PART_BYTES);
        },
      };
      await expect(transport.put('broken/off', broken)).rejects.toThrow('cut');
      expect(await transport.get('broken/off')).toBeNull();
      expect(await collect(transport.list('broken/'))).toEqual([]);
      for await (const { key, at, remove } of transport.leftovers('broken/')) {
        expect(key).toBe('broken/off');
        expect(at).toBeGreaterThan(0);
        await remove();
        await remove();
      }
      expect(await collect(transport.leftovers('broken/'))).toEqual([]);
    }));
};

const describeSwaps = (name: string, open: Open): void => {
  const using = usingOf(open);

  test(`${name}: a swap succeeds only from the tag that is there`, () =>
    using(async (transport) => {
      expect(await transport.swap('refs/a', Buffer.from('1'), null)).toBe(true);
      expect(await transport.swap('refs/a', Buffer.from('again'), null)).toBe(false);
      const first = await transport.get('refs/a');
      expect(first?.bytes.toString()).toBe('1');
      expect(await transport.swap('refs/a', Buffer.from('2'), first?.tag ?? '')).toBe(true);
      expect(await transport.swap('refs/a', Buffer.from('3'), first?.tag ?? '')).toBe(false);
      expect((await transport.get('refs/a'))?.bytes.toString()).toBe('2');
    }));

  test(`${name}: six writers of one object lose no update`, async () => {
    const rounds = 5;
    const writers = await Promise.all(
      Array.from({ length: 6 }, async (_, writer) => {
        const transport = await open();
        for (let round = 0; round < rounds; round += 1) await addTo(transport, 'refs/raced', `${writer}-${round}`);
        await transport.close();
        return writer;
      }),
    );
    await using(async (transport) => {
      const names = JSON.parse(String((await transport.get('refs/raced'))?.bytes)) as string[];
      const wanted = writers.flatMap((writer) => Array.from({ length: rounds }, (_, round) => `${writer}-${round}`));
      expect(names.sort()).toEqual(wanted.sort());
    });
  });

  test(`${name}: of many that create one object at once, one does`, async () => {
    const transports = await Promise.all(Array.from({ length: 6 }, async () => open()));
    const won = await Promise.all(transports.map((one, at) => one.swap('refs/created', Buffer.from(`w${at}`), null)));
    expect(won.filter(Boolean)).toHaveLength(1);
    await Promise.all(transports.map((one) => one.close()));
  });
};

const collect = async <Item>(items: AsyncIterable<Item>): Promise<Item[]> => {
  const all: Item[] = [];
  for await (const item of items) all.push(item);
  return all;
};

/** Adds a name to a list: reads, writes on the condition that nothing changed, and begins anew where it did. */
const addTo = async (transport: Transport, key: string, name: string): Promise<void> => {
  for (;;) {
    const found = await transport.get(key);
    const names = found === null ? [] : (JSON.parse(found.bytes.toString('utf8')) as string[]);
    if (names.includes(name)) return;
    if (await transport.swap(key, Buffer.from(JSON.stringify([...names, name])), found?.tag ?? null)) return;
  }
};
