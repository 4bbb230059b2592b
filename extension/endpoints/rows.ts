import type { Endpoint } from '../../sidecar/contract/deployment.ts';
import { countOf, showCount, showNumber } from '../format.ts';
import type { DriftNote, Project } from '../sidecar/project.ts';
import { factRow, type Row } from '../tree/row.ts';

/** Endpoints of the workspace, those that serve first. */
export const collectEndpoints = ({ endpoints, drift }: Project): readonly Row[] =>
  endpoints
    .toSorted((left, right) => left.state.localeCompare(right.state) || left.name.localeCompare(right.name))
    .map((endpoint) => endpointRow(endpoint, drift.get(endpoint.name) ?? null));

const endpointRow = (endpoint: Endpoint, drift: DriftNote | null): Row => {
  const alarm = drift?.alarm === true;
  const p95 = endpoint.latencyMs.p95;
  const parts = [
    `${endpoint.state} v${endpoint.deployment.version}`,
    ...(endpoint.requests === 0 ? [] : [countOf(endpoint.requests, 'request')]),
    ...(p95 === null ? [] : [`p95 ${showNumber(p95)} ms`]),
    ...(endpoint.errors === 0 ? [] : [countOf(endpoint.errors, 'error')]),
    ...(alarm ? [`⚠ drift${drift.features.length > 0 ? `: ${drift.features.join(', ')}` : ''}`] : []),
  ];
  return {
    id: `endpoint/${endpoint.name}`,
    label: endpoint.name,
    description: parts.join(' · '),
    tooltip: [`**${endpoint.name}** ${parts.join(' · ')}`, ...(drift === null ? [] : [drift.sentence])].join('\n\n'),
    icon: iconOf(endpoint, alarm),
    context: `endpoint.${endpoint.state}`,
    spoken: `endpoint ${endpoint.name}, ${parts.join(', ').replaceAll('⚠ ', 'warning, ')}`,
    opened: 'collapsed',
    children: factsOf(endpoint, drift),
    click: { command: 'trainyard.openDrift', argument: endpoint.name },
    subject: { kind: 'endpoint', endpoint: endpoint.name },
  };
};

const iconOf = (endpoint: Endpoint, alarm: boolean): Row['icon'] => {
  if (alarm) return { name: 'warning', color: 'list.warningForeground' };
  return endpoint.state === 'serving'
    ? { name: 'radio-tower', color: 'testing.iconPassed' }
    : { name: 'debug-disconnect', color: null };
};

const factsOf = (endpoint: Endpoint, drift: DriftNote | null): readonly Row[] => {
  const id = `endpoint/${endpoint.name}`;
  const { p50, p95 } = endpoint.latencyMs;
  const latency =
    p50 === null || p95 === null ? 'no request measured yet' : `p50 ${showNumber(p50)} ms · p95 ${showNumber(p95)} ms`;
  return [
    factRow({ id: `${id}/url`, label: 'address', description: endpoint.url ?? 'not listening', icon: 'link' }),
    factRow({
      id: `${id}/traffic`,
      label: 'traffic',
      description: `${showCount(endpoint.requests)} requests · ${showCount(endpoint.rows)} rows · ${showCount(endpoint.errors)} errors`,
      icon: 'arrow-swap',
    }),
    factRow({ id: `${id}/latency`, label: 'latency', description: latency, icon: 'dashboard' }),
    factRow({
      id: `${id}/drift`,
      label: 'drift',
      description: drift?.sentence ?? 'no window has closed yet',
      icon: 'pulse',
    }),
  ];
};
