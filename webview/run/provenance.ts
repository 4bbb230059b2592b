import type { Run } from '../../sidecar/contract/run.ts';
import { element, type Child } from '../shared/element.ts';
import { table } from '../shared/table.ts';

/** The four fingerprints and the environment: what must be equal for the same result. */
export const drawProvenance = ({ fingerprints, environment, nouns, configuration, overrides }: Run): Child => {
  const code = nouns.dataset?.code;
  const commit =
    code?.commit == null ? 'no commit' : `${code.commit.slice(0, 10)}${code.dirty ? ' with uncommitted changes' : ''}`;
  const prints =
    fingerprints === null
      ? []
      : Object.entries(fingerprints).map(([name, hash]) => [name, element('code', {}, hash.slice(0, 16))]);
  const set = Object.entries(overrides).map(([name, value]) => [`--set ${name}`, value]);
  return element(
    'details',
    { key: 'provenance' },
    element('summary', { key: 'provenance-summary' }, 'Fingerprints and environment'),
    table({
      caption: 'Fingerprints and environment',
      columns: [{ title: 'what' }, { title: 'value' }],
      rows: [
        ['configuration file', element('code', {}, configuration)],
        ['commit', commit],
        ...prints,
        ...set,
        ...Object.entries(environment),
      ],
    }),
  );
};
