import type { Hash } from '../../contract/ids.ts';
import type { Objects } from '../../versions/objects.ts';

/** A file of one state of a data set. */
export interface StateFile {
  /** Relative to the data set, with forward slashes. */
  readonly path: string;
  readonly size: number;
  /** Equal for equal bytes. */
  readonly sha256: Hash;
  readonly executable: boolean;
}

/** One state of a data set: a version, or the data as it lies on disk. */
export interface DataState {
  readonly type: 'file' | 'folder';
  /** In the order of their paths; walked as often as needed. */
  readonly files: () => Iterable<StateFile>;
  readonly contents: Pick<Objects, 'get' | 'pieces' | 'open'>;
}

/** There is no data on this side: before the first version, or after its removal. */
export const noState: DataState = {
  type: 'folder',
  files: () => [],
  contents: {
    get: () => refuse(),
    pieces: () => refuse(),
    open: () => refuse(),
  },
};

const refuse = (): never => {
  throw new Error('A state without files has no contents.');
};
