import type { Comparison } from '../../sidecar/contract/run.ts';
import type { Fingerprints } from '../../sidecar/contract/candidate.ts';
import { element, type Child } from '../shared/element.ts';
import { UNKNOWN } from '../shared/format.ts';
import { table } from '../shared/table.ts';

/** Data and code of each run, and which of the four fingerprints are the base's. */
export const drawOrigins = (comparison: Comparison): Child => [
  element('h2', {}, 'Data, code and fingerprints'),
  table({
    caption: 'Data, code and fingerprints',
    columns: [
      { title: 'run' },
      { title: 'data' },
      { title: 'difference of the data' },
      { title: 'code' },
      { title: 'difference of the code' },
      { title: 'differs from the base in' },
    ],
    rows: comparison.runs.map(({ id }, index) =>
      index === 0 ? baseRow(comparison, id) : otherRow(comparison, id, index),
    ),
  }),
];

const baseRow = ({ data, code }: Comparison, id: string): readonly Child[] => [
  element('span', { class: 'base' }, `${id} (base)`),
  data[0]?.dataset ?? UNKNOWN,
  UNKNOWN,
  showCode(code[0]),
  UNKNOWN,
  UNKNOWN,
];

const otherRow = ({ data, code, fingerprints }: Comparison, id: string, index: number): readonly Child[] => [
  id,
  data[index]?.dataset ?? UNKNOWN,
  data[index]?.difference ?? UNKNOWN,
  showCode(code[index]),
  code[index]?.difference ?? UNKNOWN,
  differing(fingerprints[0] ?? null, fingerprints[index] ?? null),
];

const showCode = (code: Comparison['code'][number] | undefined): string => {
  if (code?.commit == null) return 'no commit';
  return `${code.commit.slice(0, 8)}${code.dirty ? ' + changes' : ''}`;
};

const differing = (base: Fingerprints | null, other: Fingerprints | null): string => {
  if (base === null || other === null) return 'not recorded';
  const names = (Object.keys(base) as (keyof Fingerprints)[]).filter((name) => base[name] !== other[name]);
  return names.length === 0 ? 'nothing' : names.join(', ');
};
