import { randomUUID } from 'node:crypto';
import { join } from 'node:path';
import type { Hash } from '../contract/ids.ts';
import { openDraft, syncFolder, writeDurably, type Draft } from './durable.ts';
import { sha256Of } from './hash.ts';
import { writePackIndex, type Span } from './pack-index.ts';

/** Puts many small objects into few files, so that 10,000 pictures cost three syncs and not 10,000. */
export interface PackWriter {
  readonly put: (hash: Hash, bytes: Uint8Array) => void;
  /** Makes all objects durable and visible: the pack first, then the index that points into it. */
  readonly commit: () => void;
  readonly discard: () => void;
}

const BUFFER_BYTES = 1 << 20;
const PACK_BYTES = 256 * (1 << 20);

interface PackPlace {
  readonly packs: string;
  /** Stores one object in a file of its own. */
  readonly putLoose: (hash: Hash, bytes: Uint8Array) => void;
}

export const openPackWriter = ({ packs, putLoose }: PackPlace): PackWriter => {
  let draft: Draft | null = null;
  let spans = new Map<Hash, Span>();
  let written = 0;
  let buffer = Buffer.allocUnsafe(BUFFER_BYTES);
  let buffered = 0;

  const flush = () => {
    draft ??= openDraft(packs);
    draft.write(buffer.subarray(0, buffered));
    buffered = 0;
  };
  const append = (bytes: Uint8Array) => {
    if (buffered + bytes.length > buffer.length) flush();
    if (bytes.length > buffer.length) buffer = Buffer.allocUnsafe(bytes.length);
    buffer.set(bytes, buffered);
    buffered += bytes.length;
    written += bytes.length;
  };
  const close = () => {
    const lone = spans.size === 1 && draft === null ? [...spans.keys()][0] : undefined;
    if (lone !== undefined) putLoose(lone, buffer.subarray(0, buffered));
    else if (spans.size > 0) publish();
    draft = null;
    spans = new Map();
    written = 0;
    buffered = 0;
  };
  const publish = () => {
    flush();
    const index = writePackIndex(spans);
    // The name is told by the content; the random part keeps two writers of the same objects apart.
    const name = join(packs, `${sha256Of(index).slice(0, 16)}-${randomUUID().slice(0, 8)}`);
    draft?.publish(`${name}.pack`);
    syncFolder(packs);
    writeDurably(`${name}.index`, index);
  };

  return {
    put: (hash, bytes) => {
      if (spans.has(hash)) return;
      spans.set(hash, { offset: written, length: bytes.length });
      append(bytes);
      if (written >= PACK_BYTES) close();
    },
    commit: close,
    discard: () => draft?.discard(),
  };
};
