import type { DatasetStatus, DataWatching } from '../../sidecar/contract/dataset.ts';
import { countOf, showDuration } from '../format.ts';

/** How a data set on disk stands to the version that its pointer names. */
export interface DataState {
  readonly kind: 'equal' | 'changed' | 'absent';
  /** The version that the pointer names. */
  readonly version: number;
  readonly added: number;
  readonly removed: number;
  readonly changed: number;
  /** How often folders are looked at that cannot be watched; null when all are watched. */
  readonly lookEveryMs: number | null;
}

export const toDataState = (
  { version, equal, disk, difference }: DatasetStatus,
  watching: DataWatching,
): DataState => ({
  kind: disk === null ? 'absent' : equal ? 'equal' : 'changed',
  version: version.version,
  added: difference.added,
  removed: difference.removed,
  changed: difference.changed,
  lookEveryMs: watching.lookEveryMs,
});

/** Files that differ. */
export const countChanges = ({ added, removed, changed }: DataState): number => added + removed + changed;

/** `3 changed` or `not on disk`, for a row; nothing where the disk is as the pointer says. */
export const sayState = (state: DataState): readonly string[] => {
  if (state.kind === 'equal') return [];
  return [state.kind === 'absent' ? 'not on disk' : `${countChanges(state).toLocaleString('en')} changed`];
};

/** The same as a sentence, with what is open about it. */
export const explainState = (name: string, state: DataState): string => {
  const looked =
    state.lookEveryMs === null
      ? ''
      : ` It has more folders than can be watched; the rest is looked at every ${showDuration(state.lookEveryMs)}.`;
  return `${sentenceOf(name, state)}${looked}`;
};

const sentenceOf = (name: string, state: DataState): string => {
  const version = `${name}@v${state.version}`;
  if (state.kind === 'equal') return `What lies on disk is ${version}.`;
  if (state.kind === 'absent') return `Nothing lies on disk; ${version} can be restored.`;
  const parts = [
    state.added === 0 ? null : `${countOf(state.added, 'file')} added`,
    state.removed === 0 ? null : `${countOf(state.removed, 'file')} removed`,
    state.changed === 0 ? null : `${countOf(state.changed, 'file')} changed`,
  ];
  return `What lies on disk differs from ${version}: ${parts.filter((part) => part !== null).join(', ')}.`;
};
