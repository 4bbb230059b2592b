import type { Transfer } from '../../sidecar/contract/remote.ts';
import type { RouteReply } from '../../sidecar/contract/routes.ts';
import { countOf, showBytes } from '../format.ts';

/** `2 versions, 45.0 MB are in storage now`. */
export const sayTransfer = ({ versions, bytes }: Transfer, remote: string): string =>
  versions === 0
    ? `${remote} had everything`
    : `${countOf(versions, 'version')}, ${showBytes(bytes)}, pushed to ${remote}`;

/** What was brought here, and where replaced files are. */
export const sayPulled = (pulled: RouteReply<'pullData'>, remote: string): string => {
  if (pulled.length === 0) return `${remote} has nothing that is not here.`;
  const names = pulled.map(({ dataset, transfer, restored }) => {
    const brought = transfer.bytes === 0 ? 'was here' : showBytes(transfer.bytes);
    const written = restored === null ? '' : `, ${countOf(restored.written, 'file')} written`;
    return `${dataset.name}@v${dataset.version} (${brought}${written})`;
  });
  const kept = pulled.flatMap(({ restored }) => (restored?.kept == null ? [] : [restored.kept]));
  const where = kept.length === 0 ? '' : ` What was replaced is kept in ${kept.join(', ')}.`;
  return `From ${remote}: ${names.join(', ')}.${where}`;
};
