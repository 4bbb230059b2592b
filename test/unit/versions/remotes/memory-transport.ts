import { remoteDamaged } from '../../../../sidecar/faults.ts';
import type { Transport } from '../../../../sidecar/versions/remotes/transport.ts';

/** A remote in memory; `clone` gives one of the same content. */
export interface MemoryRemote {
  readonly objects: Map<string, { readonly bytes: Buffer; readonly tag: string }>;
  readonly open: () => Transport;
  readonly clone: () => MemoryRemote;
}

export const memoryRemote = (from: Iterable<[string, { bytes: Buffer; tag: string }]> = []): MemoryRemote => {
  const objects = new Map(from);
  let tags = 0;
  const store = (key: string, bytes: Uint8Array) => {
    tags += 1;
    objects.set(key, { bytes: Buffer.from(bytes), tag: `${key} ${tags}` });
  };
  const address = 'memory';
  const transport: Transport = {
    address,
    canList: true,
    get: (key) => Promise.resolve(objects.get(key) ?? null),
    read: (key, start, end) => {
      const bytes = objects.get(key)?.bytes.subarray(start, end);
      if (bytes?.length !== end - start) return Promise.reject(remoteDamaged(address, key, 'it is gone or cut short'));
      return Promise.resolve(Buffer.from(bytes));
    },
    size: (key) => Promise.resolve(objects.get(key)?.bytes.length ?? null),
    // As a listing that is read at once.
    list: async function* (prefix) {
      await Promise.resolve();
      for (const [key, { bytes }] of [...objects]) if (key.startsWith(prefix)) yield { key, bytes: bytes.length };
    },
    put: async (key, { size, read }, sent = () => undefined) => {
      store(key, await read(0, size));
      sent(size);
    },
    swap: (key, bytes, tag) => {
      if ((objects.get(key)?.tag ?? null) !== tag) return Promise.resolve(false);
      store(key, bytes);
      return Promise.resolve(true);
    },
    remove: (keys) => {
      for (const key of keys) objects.delete(key);
      return Promise.resolve();
    },
    // eslint-disable-next-line @typescript-eslint/require-await -- nothing breaks off in memory
    leftovers: async function* () {
      yield* [];
    },
    close: () => Promise.resolve(),
  };
  return { objects, open: () => transport, clone: () => memoryRemote(objects) };
};
