import { appendFileSync, mkdirSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';

/**
 * Records divided over numbered parts, so that each part fits into memory though all of them do not. They are held in
 * memory up to a budget, and beyond it in temporary files.
 */
export interface Spill {
  readonly add: (part: number, record: Uint8Array) => void;
  /** Everything that was added to a part, in the order in which it was added. */
  readonly read: (part: number) => Buffer;
  /** Removes the temporary files. */
  readonly close: () => void;
}

interface SpillPlace {
  /** Folder for temporary files; made when it is needed. */
  readonly folder: string;
  /** What its files begin with. */
  readonly name: string;
  readonly parts: number;
}

/** Bytes that are held before they go to disk. */
const HELD_BYTES = 4 << 20;

export const openSpill = ({ folder, name, parts }: SpillPlace, heldBytes = HELD_BYTES): Spill => {
  const held = Array.from({ length: parts }, () => createHeap());
  const onDisk = new Set<number>();
  let bytes = 0;
  const file = (part: number): string => join(folder, `${name}-${part}`);

  const flush = (): void => {
    mkdirSync(folder, { recursive: true, mode: 0o700 });
    held.forEach((heap, part) => {
      const taken = heap.take();
      if (taken.length === 0) return;
      appendFileSync(file(part), taken, { mode: 0o600 });
      onDisk.add(part);
    });
    bytes = 0;
  };
  return {
    add: (part, record) => {
      held[part]?.add(record);
      bytes += record.length;
      if (bytes > heldBytes) flush();
    },
    read: (part) => {
      const rest = held[part]?.see() ?? Buffer.alloc(0);
      return onDisk.has(part) ? Buffer.concat([readFileSync(file(part)), rest]) : rest;
    },
    close: () => {
      for (const part of onDisk) rmSync(file(part), { force: true });
    },
  };
};

/** Bytes one after the other in one growing buffer. */
const createHeap = () => {
  let buffer = Buffer.alloc(0);
  let length = 0;
  const see = (): Buffer => buffer.subarray(0, length);
  return {
    see,
    add: (record: Uint8Array): void => {
      if (length + record.length > buffer.length) {
        const larger = Buffer.allocUnsafe(Math.max(256, 2 * (length + record.length)));
        buffer.copy(larger, 0, 0, length);
        buffer = larger;
      }
      buffer.set(record, length);
      length += record.length;
    },
    take: (): Buffer => {
      const taken = see();
      buffer = Buffer.alloc(0);
      length = 0;
      return taken;
    },
  };
};
