/** What is not known is never shown as a number. */
export const UNKNOWN = '–';

/** As wide as a digit, unlike the hyphen. */
const MINUS = '−';

/** Four significant digits; `–` for what is not known. */
export const showNumber = (value: number | null): string =>
  value === null ? UNKNOWN : String(Number(value.toPrecision(4))).replace(/^-/, MINUS);

/** A number of a table, with its zeros, so that the numbers of a column stand below each other. */
export const showFigure = (value: number | null): string => {
  if (value === null) return UNKNOWN;
  const size = Math.abs(value);
  if (Number.isInteger(value) || size < 1e-4 || size >= 1e4) return showNumber(value);
  return (size < 1 ? value.toFixed(4) : value.toPrecision(4)).replace(/^-/, MINUS);
};

/** A difference with its sign, so that good and bad are never colour alone. */
export const showDelta = (delta: number): string => {
  const digits = String(Number(Math.abs(delta).toPrecision(3)));
  if (delta === 0) return '0';
  return `${delta > 0 ? '+' : MINUS}${digits}`;
};

/** A share as a percentage. */
export const showShare = (share: number): string => `${Number((share * 100).toPrecision(3))} %`;

export const showCount = (count: number): string => count.toLocaleString('en');

/** `0.4 s`, `12 s`, `3 min 5 s`, `2 h 10 min`. */
export const showDuration = (ms: number): string => {
  const seconds = ms / 1000;
  if (seconds < 10) return `${seconds.toFixed(1)} s`;
  if (seconds < 60) return `${Math.round(seconds)} s`;
  const minutes = Math.floor(seconds / 60);
  if (minutes < 60) return `${minutes} min ${Math.round(seconds % 60)} s`;
  return `${Math.floor(minutes / 60)} h ${minutes % 60} min`;
};

/** Bytes in the largest decimal unit that gives a number of 1 or more. */
export const showBytes = (bytes: number): string => {
  const units = ['bytes', 'kB', 'MB', 'GB', 'TB'];
  const power = bytes < 1000 ? 0 : Math.min(units.length - 1, Math.floor(Math.log10(bytes) / 3));
  const value = bytes / 1000 ** power;
  return `${power === 0 ? value : value.toPrecision(3)} ${units[power] ?? ''}`;
};

/** Day and time of the reader's own clock. */
export const showInstant = (at: number): string =>
  new Date(at).toLocaleString('en-GB', { day: 'numeric', month: 'short', hour: '2-digit', minute: '2-digit' });

/** A p-value as it is usually written. */
export const showP = (p: number): string => (p < 0.001 ? 'p < 0.001' : `p = ${Number(p.toPrecision(2))}`);
