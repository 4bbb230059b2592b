import { randomUUID } from 'node:crypto';
import {
  closeSync,
  existsSync,
  fsyncSync,
  mkdirSync,
  openSync,
  renameSync,
  rmSync,
  writeFileSync,
  writeSync,
} from 'node:fs';
import { join } from 'node:path';
import type { Features } from '../contract/features.ts';
import { syncFolder, writeDurably } from '../versions/durable.ts';
import { sweepDrafts } from '../versions/sweep.ts';
import type { StoredFeatures } from './feature-store.ts';
import type { RawRow } from './raw-columns.ts';
import { parts, type Part, type SplitRows } from './split.ts';

/** Writes decoded rows into a folder that nobody sees before it is whole. Memory does not grow with the rows. */
export interface FeatureWriter {
  /** Rows of one part come in ascending order; parts may take turns. */
  readonly add: (part: Part, row: Uint8Array | Float32Array, target: number) => void;
  /**
   * Gives the folder its name; another writer that was faster has written the same.
   * @param sample training rows before they were encoded
   */
  readonly publish: (features: Features, sample?: readonly RawRow[]) => void;
  readonly discard: () => void;
}

interface WriterOrder {
  readonly folder: string;
  readonly element: StoredFeatures['element'];
  /** Numbers a row. */
  readonly width: number;
  readonly split: SplitRows;
  /** What a row is called; a row of a table by its number alone. */
  readonly nameOf: ((row: number) => string) | 'by number';
}

export const openFeatureWriter = ({ folder, element, width, split, nameOf }: WriterOrder): FeatureWriter => {
  sweepDrafts(folder, Date.now());
  const draft = join(folder, `.${randomUUID()}.tmp`);
  mkdirSync(draft, { recursive: true, mode: 0o700 });
  const rows = openSections(join(draft, 'rows.bin'), width * (element === 'uint8' ? 1 : 4), split);
  const targets = openSections(join(draft, 'targets.bin'), 4, split);
  const target = new Float32Array(1);
  const close = () => {
    rows.close();
    targets.close();
  };
  return {
    add: (part, row, value) => {
      rows.append(part, row);
      target[0] = value;
      targets.append(part, target);
    },
    publish: (features, sample) => {
      close();
      if (nameOf === 'by number') {
        for (const part of parts) writeFileSync(join(draft, 'numbers.bin'), split[part], { flag: 'a' });
      } else {
        writeFileSync(
          join(draft, 'names.json'),
          JSON.stringify(parts.flatMap((part) => Array.from(split[part], nameOf))),
        );
      }
      if (sample !== undefined) writeFileSync(join(draft, 'sample.json'), JSON.stringify(sample));
      const stored: StoredFeatures = { format: 1, element, features };
      writeDurably(join(draft, 'features.json'), JSON.stringify(stored, null, 2));
      const place = join(folder, features.hash);
      // Rows under this name that are not whole are of no use to anyone.
      if (existsSync(place)) rmSync(place, { recursive: true });
      renameSync(draft, place);
      syncFolder(folder);
    },
    discard: () => {
      close();
      rmSync(draft, { recursive: true, force: true });
    },
  };
};

const BUFFER_BYTES = 1 << 20;

/** One file of equal records with a section a part, each filled from its beginning. */
const openSections = (path: string, recordBytes: number, split: SplitRows) => {
  const file = openSync(path, 'wx', 0o600);
  let open = true;
  let offset = 0;
  const sections = new Map(
    parts.map((part) => {
      const section = { at: offset, buffer: Buffer.alloc(Math.max(recordBytes, BUFFER_BYTES)), filled: 0 };
      offset += split[part].length * recordBytes;
      return [part, section];
    }),
  );
  const flush = (section: { at: number; buffer: Buffer; filled: number }) => {
    for (let written = 0; written < section.filled;) {
      written += writeSync(file, section.buffer, written, section.filled - written, section.at + written);
    }
    section.at += section.filled;
    section.filled = 0;
  };
  return {
    append: (part: Part, record: Uint8Array | Float32Array) => {
      const section = sections.get(part);
      if (section === undefined || record.byteLength !== recordBytes)
        throw new RangeError(`This is no record of ${path}.`);
      if (section.filled + recordBytes > section.buffer.length) flush(section);
      section.buffer.set(new Uint8Array(record.buffer, record.byteOffset, recordBytes), section.filled);
      section.filled += recordBytes;
    },
    close: () => {
      if (!open) return;
      open = false;
      for (const section of sections.values()) flush(section);
      fsyncSync(file);
      closeSync(file);
    },
  };
};
