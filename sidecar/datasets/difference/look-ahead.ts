import { aheadOf } from '../../versions/working/ahead.ts';
import type { DataState, StateFile } from './data-state.ts';
import { startLookers } from './lookers.ts';
import type { Looks } from './picture-looks.ts';

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

/** Has threads look at those pictures of a state that nobody has looked at; as many wait in memory as they work on. */
export const lookAhead = async (
  state: Pick<DataState, 'contents'>,
  pictures: () => Iterable<StateFile>,
  { looks, program, seen }: LookAhead,
): Promise<void> => {
  if (program === null || !hasMany(unseen(pictures(), looks))) return;
  const lookers = startLookers(program);
  const look = async (files: readonly StateFile[]) =>
    lookers.look(files.map((file) => Uint8Array.from(state.contents.get(file))));
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

/** Each content once. */
const unseen = function* (pictures: Iterable<StateFile>, looks: Looks): Generator<StateFile, void> {
  const given = new Set<string>();
  for (const file of pictures) {
    if (looks.has(file.content) || given.has(file.content)) continue;
    given.add(file.content);
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
