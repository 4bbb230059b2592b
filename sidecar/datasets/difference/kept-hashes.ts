import { closeSync, fstatSync, ftruncateSync, mkdirSync, openSync, readSync, statSync } from 'node:fs';
import { dirname } from 'node:path';
import { openDraft, writeWhole } from '../../versions/durable.ts';
import { ifThere } from '../../versions/if-there.ts';
import { ID_BYTES, ID_WORDS } from '../../versions/store/slot-table.ts';

/** Perceptual hashes of pictures on disk, by the contents of the pictures; the oldest first. */
export interface KeptHashes {
  /** All of them; valid until the next. */
  readonly read: () => Iterable<KeptHash>;
  readonly add: (hashes: readonly KeptHash[]) => void;
  /** When there are too many, halves them: the oldest of those go that are not needed, then the oldest. */
  readonly forget: (needed: (words: Uint32Array) => boolean) => void;
}

export interface KeptHash {
  /** The content. */
  readonly words: Uint32Array;
  readonly hash: bigint;
}

const RECORD_BYTES = ID_BYTES + 8;
/** Twice a million pictures, 84 MB. */
const MOST_KEPT = 1 << 21;
/** Records that are read and written at once. */
const PIECE_RECORDS = 4_096;

/** @param most records beyond which `forget` forgets */
export const openKeptHashes = (file: string, most = MOST_KEPT): KeptHashes => ({
  read: () => recordsOf(file),
  add: (hashes) => {
    if (hashes.length === 0) return;
    mkdirSync(dirname(file), { recursive: true, mode: 0o700 });
    const handle = openSync(file, 'a', 0o600);
    try {
      // A record that a crash left unfinished is cut off, so that those behind it stay whole.
      const { size } = fstatSync(handle);
      if (size % RECORD_BYTES !== 0) ftruncateSync(handle, size - (size % RECORD_BYTES));
      writeWhole(handle, toRecords(hashes));
    } finally {
      closeSync(handle);
    }
  },
  forget: (needed) => {
    if (countIn(file) > most) rewrite(file, choose(file, needed, most >> 1));
  },
});

const countIn = (file: string): number => Math.floor((ifThere(() => statSync(file).size) ?? 0) / RECORD_BYTES);

/** @returns which records stay, a bit for each */
const choose = (file: string, needed: (words: Uint32Array) => boolean, most: number): Uint8Array => {
  const stays = new Uint8Array(countIn(file));
  let at = 0;
  for (const { words } of recordsOf(file)) stays[at++] = needed(words) ? 1 : 0;
  const wanted = stays.reduce((sum, one) => sum + one, 0);
  // From the newest on: of those that are needed as many as there is room for, of the others as many as are left.
  let [ofNeeded, ofOthers] = [most, Math.max(0, most - wanted)];
  for (let place = stays.length - 1; place >= 0; place--) {
    if (stays[place] === 1) stays[place] = ofNeeded-- > 0 ? 1 : 0;
    else stays[place] = ofOthers-- > 0 ? 1 : 0;
  }
  return stays;
};

/** What another process adds meanwhile is lost and computed again. */
const rewrite = (file: string, stays: Uint8Array): void => {
  const draft = openDraft(dirname(file));
  try {
    let at = 0;
    let piece: KeptHash[] = [];
    for (const { words, hash } of recordsOf(file)) {
      if (stays[at++] === 1) piece.push({ words: words.slice(), hash });
      if (piece.length < PIECE_RECORDS) continue;
      draft.write(toRecords(piece));
      piece = [];
    }
    draft.write(toRecords(piece));
    draft.publish(file);
  } finally {
    draft.discard();
  }
};

const recordsOf = function* (file: string): Generator<KeptHash, void> {
  const handle = ifThere(() => openSync(file, 'r'));
  if (handle === null) return;
  try {
    const piece = Buffer.alloc(PIECE_RECORDS * RECORD_BYTES);
    const words = new Uint32Array(ID_WORDS);
    const bytes = Buffer.from(words.buffer);
    let held = 0;
    for (
      let read = readSync(handle, piece);
      read > 0;
      read = readSync(handle, piece, held, piece.length - held, null)
    ) {
      held += read;
      const whole = held - (held % RECORD_BYTES);
      for (let at = 0; at < whole; at += RECORD_BYTES) {
        piece.copy(bytes, 0, at, at + ID_BYTES);
        yield { words, hash: piece.readBigUInt64LE(at + ID_BYTES) };
      }
      piece.copy(piece, 0, whole, held);
      held -= whole;
    }
  } finally {
    closeSync(handle);
  }
};

const toRecords = (hashes: readonly KeptHash[]): Buffer => {
  const records = Buffer.alloc(hashes.length * RECORD_BYTES);
  hashes.forEach(({ words, hash }, at) => {
    Buffer.from(words.buffer, words.byteOffset, ID_BYTES).copy(records, at * RECORD_BYTES);
    records.writeBigUInt64LE(hash, at * RECORD_BYTES + ID_BYTES);
  });
  return records;
};
