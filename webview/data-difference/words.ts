import type {
  CellValue,
  ComparedFile,
  ComparedRow,
  PictureFacts,
  TableDifference,
} from '../../sidecar/contract/data-difference.ts';
import { showBytes, showCount, showNumber, UNKNOWN } from '../shared/format.ts';

/** By what a row is known again, so that a wrong guess is seen. */
export const sayKey = ({ key }: Pick<TableDifference, 'key'>): string => {
  const repeated = key.repeated.from + key.repeated.to;
  const twice = repeated === 0 ? '' : ` ${showCount(repeated)} rows repeat a key; they are matched in their order.`;
  if (key.how === 'content') {
    return 'No column tells rows apart: equal rows are the same row, and the rest is matched by row number.';
  }
  const found = key.how === 'found' ? ', found because it is unique' : '';
  return `Rows are matched by ${key.columns.join(', ')}${found}.${twice}`;
};

/** `17`, or `17 → 18` where the row stands elsewhere now. */
export const sayRow = ({ fromRow, toRow }: ComparedRow): string => {
  const [before, now] = [fromRow === null ? null : showCount(fromRow), toRow === null ? null : showCount(toRow)];
  if (before === null || now === null || before === now) return now ?? before ?? UNKNOWN;
  return `${before} → ${now}`;
};

/** A value as it is written; an empty one and one that is missing are told apart. */
export const showCell = (value: CellValue | undefined): string => {
  if (value === undefined) return '(no column)';
  if (value === null) return '(missing)';
  if (value === '') return '(empty)';
  return typeof value === 'number' ? showNumber(value) : String(value);
};

/** A number of things more or less, with its sign. */
export const showGrowth = (count: number): string =>
  count === 0 ? '0' : `${count > 0 ? '+' : '−'}${showCount(Math.abs(count))}`;

/** Of classes that a table leaves out. */
export const sayAlike = (classes: number): string =>
  classes === 1 ? 'One class is as large as before.' : `${showCount(classes)} classes are as large as before.`;

/** How unlike two pictures look, in words, from the bits in which their perceptual hashes differ. */
export const sayDistance = (bits: number | null): string => {
  if (bits === null) return 'cannot be compared';
  if (bits === 0) return 'looks the same';
  if (bits <= 8) return `looks alike (${bits} of 64 bits differ)`;
  return bits <= 20 ? `looks different (${bits} of 64 bits)` : `another picture (${bits} of 64 bits)`;
};

/** What else changed: size in pixels, channels, bytes. */
export const saySizes = (from: PictureFacts | null, to: PictureFacts | null): string => {
  if (from === null || to === null) return '';
  const pixels = ({ width, height }: PictureFacts) => `${width} × ${height}`;
  const parts = [
    pixels(from) === pixels(to) ? pixels(to) : `${pixels(from)} → ${pixels(to)}`,
    from.channels === to.channels ? '' : `${sayChannels(from)} → ${sayChannels(to)}`,
    from.bytes === to.bytes ? '' : `${showBytes(from.bytes)} → ${showBytes(to.bytes)}`,
  ];
  return parts.filter((part) => part !== '').join(' · ');
};

const sayChannels = ({ channels }: PictureFacts): string => (channels === 1 ? 'grey' : 'colour');

/** `1.2 kB`, or `1.2 kB → 1.4 kB` where the size is another one. */
export const saySize = ({ fromBytes, toBytes }: Pick<ComparedFile, 'fromBytes' | 'toBytes'>): string => {
  if (fromBytes === null || toBytes === null || fromBytes === toBytes) return showBytes(toBytes ?? fromBytes ?? 0);
  return `${showBytes(fromBytes)} → ${showBytes(toBytes)}`;
};
