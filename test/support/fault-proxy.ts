import { connect, createServer, type AddressInfo, type Socket } from 'node:net';

/** How a network and a server behave badly; what is not set behaves well. May be changed at any time. */
export interface Faults {
  /** Bytes, both ways and over all connections, until the network is down. */
  outageAfter?: number;
  /** Asked for every connection: bytes, both ways, until it is cut. */
  cutAfter?: () => number;
  /** Asked for every connection: whether the server is overloaded and says only that. */
  overloaded?: () => boolean;
  /** Asked for every piece on its way to the server: whether one of its bits is turned. */
  damages?: (piece: Buffer) => boolean;
}

export interface FaultProxy {
  readonly port: number;
  faults: Faults;
  /** Bytes on their way to the server so far. */
  bytesUp: number;
  readonly close: () => Promise<void>;
}

const overload = 'HTTP/1.1 503 Slow Down\r\ncontent-length: 0\r\nconnection: close\r\n\r\n';

/** Stands between a client and a server on this machine, and does to their bytes what networks do. */
export const startFaultProxy = async (target: number): Promise<FaultProxy> => {
  const sockets = new Set<Socket>();
  const proxy = { faults: {} as Faults, bytesUp: 0 };
  const server = createServer((client) => {
    const { faults } = proxy;
    if (faults.outageAfter !== undefined && faults.outageAfter <= 0) return void client.destroy();
    if (faults.overloaded?.() === true) return void client.once('data', () => client.end(overload));
    const upstream = connect(target, '127.0.0.1');
    let left = faults.cutAfter?.() ?? Infinity;
    const cut = () => {
      client.destroy();
      upstream.destroy();
    };
    /** @returns as much of a piece as still gets through */
    const pass = (piece: Buffer): Buffer => {
      const outage = proxy.faults.outageAfter ?? Infinity;
      const through = piece.subarray(0, Math.min(piece.length, left, outage));
      left -= piece.length;
      if (proxy.faults.outageAfter !== undefined) proxy.faults.outageAfter -= piece.length;
      return through;
    };
    const forward = (from: Socket, to: Socket, change: (piece: Buffer) => Buffer) =>
      from.on('data', (piece: Buffer) => {
        const through = pass(piece);
        to.write(change(through), () => {
          if (through.length < piece.length) cut();
        });
      });
    forward(client, upstream, (piece) => {
      proxy.bytesUp += piece.length;
      return damaged(piece, proxy.faults.damages?.(piece) === true);
    });
    forward(upstream, client, (piece) => piece);
    for (const socket of [client, upstream]) {
      sockets.add(socket);
      socket.on('error', cut);
      socket.on('close', () => {
        sockets.delete(socket);
        cut();
      });
    }
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return Object.assign(proxy, {
    port: (server.address() as AddressInfo).port,
    close: () => {
      for (const socket of sockets) socket.destroy();
      return new Promise<void>((resolve) => server.close(() => resolve()));
    },
  });
};

/** A bit in the middle, where bodies are; the beginning of a small piece may be headers. */
const damaged = (piece: Buffer, isDamaged: boolean): Buffer => {
  if (!isDamaged) return piece;
  const copy = Buffer.from(piece);
  const at = piece.length - 20;
  copy[at] = (copy[at] ?? 0) ^ 4;
  return copy;
};

/** Numbers from 0 to 1, the same ones for the same seed (mulberry32). */
export const seededRandom = (seed: number): (() => number) => {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
};
