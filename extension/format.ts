/** Four significant digits, without trailing zeros: 0.9891, 31, 1.2e-7. */
export const showNumber = (value: number): string => String(Number(value.toPrecision(4)));

/** `now`, `5 min`, `3 h`, `2 d`: the age of something, in the largest unit that fits. */
export const showAge = (at: number, now: number): string => {
  const minutes = Math.floor(Math.max(0, now - at) / 60_000);
  if (minutes < 1) return 'now';
  if (minutes < 60) return `${minutes} min`;
  const hours = Math.floor(minutes / 60);
  return hours < 48 ? `${hours} h` : `${Math.floor(hours / 24)} d`;
};

/** `0.4 s`, `12 s`, `3 min 5 s`, `2 h 10 min`. */
export const showDuration = (ms: number): string => {
  const seconds = ms / 1000;
  if (seconds < 10) return `${seconds.toFixed(1)} s`;
  if (seconds < 60) return `${Math.round(seconds)} s`;
  const minutes = Math.floor(seconds / 60);
  if (minutes < 60) return `${minutes} min ${Math.round(seconds % 60)} s`;
  return `${Math.floor(minutes / 60)} h ${minutes % 60} min`;
};

/** A count with thin groups of three: 60,000. */
export const showCount = (count: number): string => count.toLocaleString('en');

/** `1 run`, `2 runs`. */
export const countOf = (count: number, noun: string): string => `${showCount(count)} ${noun}${count === 1 ? '' : 's'}`;

/** Bytes in the largest decimal unit that gives a number of 1 or more. */
export const showBytes = (bytes: number): string => {
  const units = ['bytes', 'kB', 'MB', 'GB', 'TB'];
  const power = bytes < 1000 ? 0 : Math.min(units.length - 1, Math.floor(Math.log10(bytes) / 3));
  const value = bytes / 1000 ** power;
  return `${power === 0 ? value : value.toPrecision(3)} ${units[power] ?? ''}`;
};

/** Higher is better, or lower is. */
export const showDirection = (better: 'higher' | 'lower'): string => (better === 'higher' ? '↑' : '↓');

/** A curve in eight block characters, the newest last; empty for fewer than two points. */
export const sparkline = (values: readonly number[]): string => {
  if (values.length < 2) return '';
  const shown = values.slice(-8);
  const low = Math.min(...shown);
  const span = Math.max(...shown) - low;
  return shown.map((value) => '▁▂▃▄▅▆▇█'[span === 0 ? 0 : Math.round(((value - low) / span) * 7)]).join('');
};
