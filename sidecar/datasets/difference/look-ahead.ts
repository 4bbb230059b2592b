import type { Hash } from '../../contract/ids.ts';
import { aheadOf } from '../../versions/working/ahead.ts';
import { pixelsOf } from '../raster.ts';
import type { DataState, StateFile } from './data-state.ts';
import { startLookers } from './lookers.ts';
import type { Looks } from './picture-looks.ts';
import { createRoom } from './room.ts';

export interface LookAhead {
  readonly looks: Looks;
  /** Program of threads that look at pictures; null to leave it to whoever asks for a look. */
  readonly program: string | null;
  /** Called when so many more were seen; throws to stop. */
  readonly seen: (pictures: number) => Promise<void>;
}

/** Fewer are decoded before threads have started. */
const FEWEST_FOR_THREADS = 500;
/** An order costs little beside so many bytes, and as few wait in memory. */
const ORDER_BYTES = 256 << 10;
const ORDER_PICTURES = 32;
/**
 * Pixels of the pictures that all threads decode at once, beside a larger one that is alone. The decoder of JPEG takes 30
 * to 50 bytes for each: photographs of a camera are decoded one at a time, smaller pictures side by side.
 */
const PIXELS_AT_ONCE = 3_000_000;

/**
 * Has threads look at those pictures of a state that nobody has looked at, now or in an earlier comparison; as many wait
 * in memory as they work on.
 */
export const lookAhead = async (
  state: Pick<DataState, 'contents'>,
  pictures: () => Iterable<StateFile>,
  { looks, program, seen }: LookAhead,
): Promise<void> => {
  looks.recall(contentsOf(pictures()));
  if (program === null || !hasMany(unseen(pictures(), looks))) return;
  const lookers = startLookers(program);
  const room = createRoom(PIXELS_AT_ONCE);
  const look = async (files: readonly StateFile[]) => {
    const pictures = files.map((file) => new Uint8Array(state.contents.get(file)));
    // A thread decodes those of an order one after the other.
    const pixels = pictures.reduce((most, bytes) => Math.max(most, pixelsOf(bytes)), 0);
    await room.enter(pixels);
    try {
      return await lookers.look(pictures);
    } finally {
      room.leave(pixels);
    }
  };
  try {
    for await (const { item, result } of aheadOf(ordersOf(unseen(pictures(), looks)), look, lookers.busyWith)) {
      item.forEach(({ content }, at) => {
        const found = result[at];
        if (found !== undefined) looks.keep(content, found);
      });
      await seen(item.length);
    }
  } finally {
    await lookers.close();
  }
};

const contentsOf = function* (pictures: Iterable<StateFile>): Generator<Hash, void> {
  for (const { content } of pictures) yield content;
};

/** Each content once. All of them have numbers. */
const unseen = function* (pictures: Iterable<StateFile>, looks: Looks): Generator<StateFile, void> {
  const given = new Uint8Array(looks.count());
  for (const file of pictures) {
    const number = looks.numberOf(file.content);
    if (given[number] === 1 || looks.has(file.content)) continue;
    given[number] = 1;
    yield file;
  }
};

const hasMany = (files: Iterable<StateFile>): boolean => {
  const some = files[Symbol.iterator]();
  for (let count = 0; count < FEWEST_FOR_THREADS; count++) if (some.next().done === true) return false;
  return true;
};

const ordersOf = function* (files: Iterable<StateFile>): Generator<StateFile[], void> {
  let order: StateFile[] = [];
  let bytes = 0;
  for (const file of files) {
    order.push(file);
    bytes += file.size;
    if (order.length < ORDER_PICTURES && bytes < ORDER_BYTES) continue;
    yield order;
    [order, bytes] = [[], 0];
  }
  if (order.length > 0) yield order;
};
