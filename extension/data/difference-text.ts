import type { DatasetDifference } from '../../sidecar/contract/dataset.ts';
import { countOf, showBytes } from '../format.ts';

const signs = { added: '+', removed: '−', changed: '~' } as const;

/** A difference of two data versions as Markdown: the counts, then each file. */
export const differenceText = (name: string, difference: DatasetDifference): string => {
  const { from, to, added, removed, changed, files, truncated } = difference;
  const counts = `${countOf(added, 'file')} added, ${countOf(removed, 'file')} removed, ${countOf(changed, 'file')} changed.`;
  const lines = files.map(({ path, change, bytes }) => `${signs[change]} ${path}  (${showBytes(bytes)})`);
  const rest = truncated ? ['… and more; these are the first 1,000.'] : [];
  const list = lines.length === 0 ? 'The files are equal.' : ['```diff', ...lines, ...rest, '```'].join('\n');
  return `# ${name}: ${from} → ${to}\n\n${counts}\n\n${list}\n`;
};
