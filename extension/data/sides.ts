import type { DataSide } from '../../sidecar/contract/data-difference.ts';

/** A state of a data set as a person says it. */
export const sideLabel = (side: DataSide): string => {
  switch (side.kind) {
    case 'version':
      return `v${side.version}`;
    case 'disk':
      return 'disk';
    case 'index':
      return 'staged';
    case 'commit':
      return /^[0-9a-f]{40}$/.test(side.revision) ? side.revision.slice(0, 8) : side.revision;
  }
};
