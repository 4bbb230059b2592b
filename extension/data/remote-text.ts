import type { DatasetVersion } from '../../sidecar/contract/dataset.ts';
import type { Transfer } from '../../sidecar/contract/remote.ts';
import type { RouteReply } from '../../sidecar/contract/routes.ts';
import { countOf, showBytes, showCount } from '../format.ts';

/** `2 versions, 45.0 MB are in storage now`. */
export const sayTransfer = ({ versions, bytes }: Transfer, remote: string): string =>
  versions === 0
    ? `${remote} had everything`
    : `${countOf(versions, 'version')}, ${showBytes(bytes)}, pushed to ${remote}`;

/** What was brought here, and where replaced files are. */
export const sayPulled = (pulled: RouteReply<'pullData'>, remote: string): string => {
  const moved = pulled.filter(({ transfer, restored }) => transfer.bytes > 0 || isChange(restored));
  const left = pulled
    .filter(({ refused, restored }) => refused !== null && restored === null)
    .map(({ dataset }) => ` ${dataset.path} was left as it is.`)
    .join('');
  if (moved.length === 0) return `${remote} has nothing that is not here.${left}`;
  const names = moved.map(({ dataset, transfer, restored }) => {
    const done = [
      transfer.bytes === 0 ? null : showBytes(transfer.bytes),
      restored === null ? null : `${countOf(restored.written, 'file')} written`,
      restored === null || restored.removed === 0 ? null : `${showCount(restored.removed)} removed`,
    ].filter((part) => part !== null);
    return `${dataset.name}@v${dataset.version} (${done.join(', ')})`;
  });
  const kept = pulled.flatMap(({ restored }) => (restored?.kept == null ? [] : [restored.kept]));
  const where = kept.length === 0 ? '' : ` What was replaced is kept in ${kept.join(', ')}.`;
  return `From ${remote}: ${names.join(', ')}.${where}${left}`;
};

/** What a fetch has brought: versions that are known now, and bytes. @param fresh versions that were not known before */
export const sayFetched = (
  fetched: RouteReply<'fetchData'>,
  remote: string,
  fresh: readonly DatasetVersion[],
): string => {
  const nameOf = ({ name, version }: DatasetVersion) => `${name}@v${version}`;
  const brought = new Map(
    fetched
      .filter(({ transfer }) => transfer.bytes > 0)
      .map(({ dataset, transfer }) => [nameOf(dataset), `${nameOf(dataset)} (${showBytes(transfer.bytes)})`]),
  );
  const names = [...brought.values(), ...fresh.map(nameOf).filter((name) => !brought.has(name))];
  return names.length === 0 ? `${remote} has nothing that is not here.` : `From ${remote}: ${names.join(', ')}.`;
};

const isChange = (restored: RouteReply<'pullData'>[number]['restored']): boolean =>
  restored !== null && restored.written + restored.removed > 0;
