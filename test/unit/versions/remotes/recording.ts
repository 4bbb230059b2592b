import type { Transport } from '../../../../sidecar/versions/remotes/transport.ts';

/** A transport that counts what is asked of it. */
export const recording = (transport: Transport) => {
  const asked: { readonly what: keyof Transport; readonly key: string; readonly bytes: number }[] = [];
  const note = (what: keyof Transport, key: string, bytes = 0) => void asked.push({ what, key, bytes });
  const recorded: Transport = {
    ...transport,
    get: (key) => {
      note('get', key);
      return transport.get(key);
    },
    read: (key, start, end) => {
      note('read', key, end - start);
      return transport.read(key, start, end);
    },
    put: (key, source, sent) => {
      note('put', key, source.size);
      return transport.put(key, source, sent);
    },
    swap: (key, bytes, from) => {
      note('swap', key, bytes.length);
      return transport.swap(key, bytes, from);
    },
  };
  return {
    ...recorded,
    asked,
    keysOf: (what: keyof Transport) => asked.filter((one) => one.what === what).map(({ key }) => key),
    bytesOf: (what: keyof Transport) =>
      asked.filter((one) => one.what === what).reduce((sum, { bytes }) => sum + bytes, 0),
  };
};
