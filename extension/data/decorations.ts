import { countOf } from '../format.ts';
import { explainState, type DataState } from './state.ts';

/** A sign beside a file or folder in the explorer. */
export interface DataDecoration {
  readonly badge: string;
  readonly tooltip: string;
  /** Name of a theme colour. */
  readonly color: string;
}

/** The sign of a data set, and of its pointer: none where the disk is as the pointer says. */
export const decorationOf = (name: string, state: DataState): DataDecoration | null => {
  if (state.kind === 'equal') return null;
  const tooltip = explainState(name, state);
  return state.kind === 'absent'
    ? { badge: '↓', tooltip, color: 'gitDecoration.deletedResourceForeground' }
    : { badge: 'M', tooltip, color: 'gitDecoration.modifiedResourceForeground' };
};

/** How many data sets differ from their pointers; null for none. */
export const badgeOf = (states: ReadonlyMap<string, DataState>): { value: number; tooltip: string } | null => {
  const value = [...states.values()].filter(({ kind }) => kind === 'changed').length;
  return value === 0
    ? null
    : { value, tooltip: `${countOf(value, 'data set')} differ${value === 1 ? 's' : ''} on disk` };
};
