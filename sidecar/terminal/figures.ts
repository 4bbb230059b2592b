const blocks = ['▁', '▂', '▃', '▄', '▅', '▆', '▇', '█'] as const;

/** A small chart of numbers, one character each; at most `width` of them, of which the largest of each part stays. */
export const sparkline = (values: readonly number[], width = 24): string => {
  const finite = values.filter(Number.isFinite);
  if (finite.length === 0) return '';
  const part = Math.max(1, Math.ceil(finite.length / width));
  const shown = Array.from({ length: Math.ceil(finite.length / part) }, (_, at) =>
    Math.max(...finite.slice(at * part, (at + 1) * part)),
  );
  const least = Math.min(...shown);
  const span = Math.max(...shown) - least;
  return shown.map((value) => blocks[span === 0 ? 0 : Math.round(((value - least) / span) * 7)] ?? '').join('');
};

/** A histogram, one character a bin, from 0 up: bins of equal height look equal. */
export const histogram = (shares: readonly number[], width = 12): string => {
  const part = Math.max(1, Math.ceil(shares.length / width));
  const shown = Array.from({ length: Math.ceil(shares.length / part) }, (_, at) =>
    shares.slice(at * part, (at + 1) * part).reduce((sum, share) => sum + share, 0),
  );
  const most = Math.max(...shown);
  return shown.map((share) => (share === 0 ? ' ' : blocks[Math.round((share / most) * 7)])).join('');
};

/** `▓▓▓▓░░░░`; a bar of unknown length is all `░`. */
export const bar = (fraction: number | null, width = 20): string => {
  const filled = Math.round(Math.min(1, Math.max(0, fraction ?? 0)) * width);
  return '▓'.repeat(filled) + '░'.repeat(width - filled);
};

/** Four significant digits, `–` where unknown. */
export const figure = (value: number | null | undefined): string =>
  value === null || value === undefined || !Number.isFinite(value) ? '–' : String(Number(value.toPrecision(4)));

export const bytesText = (bytes: number): string => {
  const units = ['B', 'kB', 'MB', 'GB', 'TB'];
  const power = bytes < 1 ? 0 : Math.min(units.length - 1, Math.floor(Math.log10(bytes) / 3));
  return `${Number((bytes / 1000 ** power).toPrecision(3))} ${units[power] ?? ''}`;
};

export const durationText = (ms: number): string => {
  if (ms < 1000) return `${Math.round(ms)} ms`;
  if (ms < 60_000) return `${(ms / 1000).toFixed(1)} s`;
  const minutes = Math.floor(ms / 60_000);
  return minutes < 60
    ? `${minutes} min ${Math.round((ms % 60_000) / 1000)} s`
    : `${Math.floor(minutes / 60)} h ${minutes % 60} min`;
};

export const agoText = (at: number, now: number): string => {
  const seconds = Math.max(0, Math.round((now - at) / 1000));
  if (seconds < 60) return `${seconds} s ago`;
  if (seconds < 3600) return `${Math.floor(seconds / 60)} min ago`;
  if (seconds < 86_400) return `${Math.floor(seconds / 3600)} h ago`;
  return `${Math.floor(seconds / 86_400)} d ago`;
};
