import type { Contents } from '../../versions/tree/contents.ts';
import type { VersionFile } from '../../versions/tree/version.ts';

/** A file of one state of a data set; its content is equal for equal bytes. */
export type StateFile = Pick<VersionFile, 'path' | 'size' | 'content' | 'executable'>;

/** One state of a data set: a version, or the data as it lies on disk. */
export interface DataState {
  readonly type: 'file' | 'folder';
  /** In the order of their paths; walked as often as needed. */
  readonly files: () => Iterable<StateFile>;
  readonly contents: Pick<Contents, 'get' | 'pieces' | 'open'>;
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
