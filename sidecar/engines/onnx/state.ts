import type { StateSlot } from '../../graph/state-slot.ts';
import type { NamedTensors } from '../checkpoint.ts';
import type { Feeds, OrtTensor } from './session.ts';
import { float32Tensor } from './session.ts';

/** The tensors of a training, each in two buffers: a step reads one and writes the other. */
export interface State {
  readonly tensor: (name: string) => OrtTensor;
  /** Lets a graph read the slots where they are. */
  readonly lend: (names: readonly string[], feeds: Feeds) => void;
  /** Lets a graph write the slots, into the buffers that nobody reads. */
  readonly receive: (slots: readonly StateSlot[], results: Feeds) => void;
  /** What was written is what is read from now on. */
  readonly turn: (slots: readonly StateSlot[]) => void;
  readonly clear: (slots: readonly StateSlot[]) => void;
  readonly all: () => NamedTensors;
  /** @throws RangeError where a tensor is missing or has another size */
  readonly restore: (from: NamedTensors) => void;
}

interface Cell {
  read: OrtTensor;
  written: OrtTensor;
}

export const createState = (slots: readonly StateSlot[]): State => {
  const cells = new Map<string, Cell>(
    slots.map(({ input, initial: { data, dims } }) => [
      input,
      {
        read: float32Tensor(Float32Array.from(data), dims),
        written: float32Tensor(new Float32Array(data.length), dims),
      },
    ]),
  );
  const cellOf = (name: string): Cell => {
    const cell = cells.get(name);
    if (cell === undefined) throw new Error(`The training state has no tensor “${name}”.`);
    return cell;
  };
  return {
    tensor: (name) => cellOf(name).read,
    lend: (names, feeds) => {
      for (const name of names) feeds[name] = cellOf(name).read;
    },
    receive: (written, results) => {
      for (const { input, output } of written) results[output] = cellOf(input).written;
    },
    turn: (written) => {
      for (const { input } of written) {
        const cell = cellOf(input);
        [cell.read, cell.written] = [cell.written, cell.read];
      }
    },
    clear: (cleared) => {
      for (const { input } of cleared) numbersOf(cellOf(input).read).fill(0);
    },
    all: () => new Map(Array.from(cells, ([name, { read }]) => [name, numbersOf(read)])),
    restore: (from) => {
      for (const [name, { read }] of cells) fill(name, numbersOf(read), from.get(name));
    },
  };
};

const numbersOf = ({ data }: OrtTensor): Float32Array => data as Float32Array;

const fill = (name: string, into: Float32Array, data: Float32Array | undefined): void => {
  if (data?.length !== into.length)
    throw new RangeError(`The state has ${data?.length ?? 'no'} numbers of “${name}” where ${into.length} belong.`);
  into.set(data);
};
