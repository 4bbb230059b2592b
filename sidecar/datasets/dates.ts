import { parseNumber } from './cells.ts';

/** A day, or a day and a time, of ISO 8601, with a space for the T if need be; without a zone it is UTC. */
const iso = /^(\d{4}-\d{2}-\d{2})(?:[T ](\d{2}:\d{2}(?::\d{2}(?:\.\d+)?)?)(Z|[+-]\d{2}:?\d{2})?)?$/i;

/**
 * A date as seconds since 1970, UTC.
 * @param cell text of ISO 8601 such as `2026-11-24` or `2026-11-24T17:30:00+01:00`, or a Date
 * @returns null when it is none
 */
export const parseDate = (cell: unknown): number | null => {
  if (cell instanceof Date) return finite(cell.getTime() / 1000);
  const found = typeof cell === 'string' ? iso.exec(cell.trim()) : null;
  if (found === null) return null;
  const [, day = '', time = '00:00', zone = 'Z'] = found;
  const offset = zone.length === 5 ? `${zone.slice(0, 3)}:${zone.slice(3)}` : zone.toUpperCase();
  const seconds = finite(Date.parse(`${day}T${time}${offset}`) / 1000);
  // Date.parse lets the 31st of February be the 3rd of March.
  const isDay = Number.isFinite(Date.parse(day)) && new Date(day).toISOString().startsWith(day);
  return isDay ? seconds : null;
};

/** What a Date can hold, in seconds. */
const LATEST = 8.64e12;

/** A date, or seconds since 1970. @returns null when it is neither */
export const parseTime = (cell: unknown): number | null => {
  const value = parseNumber(cell) ?? parseDate(cell);
  return value === null || Math.abs(value) > LATEST ? null : value;
};

/** Year, month, day, weekday (Monday is 0) and hour of seconds since 1970, in UTC: what the feature graph makes of them. */
export const calendarOf = (seconds: number): readonly number[] => {
  const date = new Date(seconds * 1000);
  return [
    date.getUTCFullYear(),
    date.getUTCMonth() + 1,
    date.getUTCDate(),
    (date.getUTCDay() + 6) % 7,
    date.getUTCHours(),
  ];
};

const finite = (value: number): number | null => (Number.isFinite(value) ? value : null);
