import type { ComparedFile } from '../../contract/data-difference.ts';
import type { Contents } from '../../versions/tree/contents.ts';
import type { VersionFile } from '../../versions/tree/version.ts';

/** A file of one state of a data set; its content is equal for equal bytes. */
export type StateFile = Pick<VersionFile, 'path' | 'size' | 'content' | 'executable'>;

/** A file that differs, with what it was and what it is. */
export interface FileChange {
  readonly change: ComparedFile['change'];
  readonly from: StateFile | null;
  readonly to: StateFile | null;
}

/** One state of a data set: a version, or the data as it lies on disk. */
export interface DataState {
  readonly type: 'file' | 'folder';
  /** In the order of their paths; walked as often as needed. */
  readonly files: () => Iterable<StateFile>;
  readonly contents: Contents;
}

/** There is no data on this side: before the first version, or after its removal. */
export const noState: DataState = {
  type: 'folder',
  files: () => [],
  contents: {
    get: () => refuse(),
    pieces: () => refuse(),
    open: () => refuse(),
    parts: () => refuse(),
  },
};

const refuse = (): never => {
  throw new Error('A state without files has no contents.');
};
