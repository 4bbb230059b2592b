import { pairOf, parseYaml } from './yaml.ts';

/** Where a scalar is written: the column behind `key: `'s colon, and the indentation of lines that it goes on over. */
export interface ScalarPlace {
  readonly column: number;
  readonly indent: number;
}

/**
 * A text as a value of a block mapping, as ruamel.yaml 0.19 writes it with 80 columns, which is what DVC writes with:
 * plain where YAML 1.2 reads it as text, single-quoted where it would not, double-quoted where it must be escaped,
 * folded at blanks, and on a line of its own when it is too long.
 * Names with U+0085, U+2028 or U+2029 are escaped, since what DVC writes for them it reads back as something else.
 * @returns the text behind the colon of the key, its blank included
 */
export const yamlScalar = (text: string, place: ScalarPlace): string => {
  const folded = write(text, place, WIDTH);
  return !folded.includes('\n') || readBack(folded) === text ? folded : write(text, place, Infinity);
};

const WIDTH = 80;

/** ruamel breaks some lines so that not even itself reads the same text again: runs of blanks, escapes at the break. */
const readBack = (scalar: string): string | null => {
  const { value } = pairOf(parseYaml(`k:${scalar}\n`, ''), 'k') ?? {};
  return value?.kind === 'text' ? value.text : null;
};

const write = (text: string, place: ScalarPlace, width: number): string => {
  const style = styleOf(text);
  const pen = openPen(place, width);
  if (style === 'plain') writePlain(text, pen);
  else writeQuoted(text, style, pen);
  return pen.text();
};

type Style = 'plain' | 'single' | 'double';

const styleOf = (text: string): Style => {
  if (text === '') return 'single';
  if (isSpecial(text)) return 'double';
  if (!hasIndicators(text) && !/^ | $/.test(text) && !isOtherThanText(text)) return 'plain';
  return text.includes("'") ? 'double' : 'single';
};

/** Only an escape can carry it: control characters, breaks of lines, and what YAML calls not printable. */
const isSpecial = (text: string): boolean =>
  /[^\x20-\x7e\xa0-\u2027\u202a-\ufefe\uff00-\ufffd\u{10000}-\u{10ffff}]/u.test(text);

const hasIndicators = (text: string): boolean =>
  /^(?:---|\.\.\.)|^[#,[\]{}&*!|>'"%@`]|^[?:-](?: |$)|:(?: |$)| #/.test(text);

/** What ruamel's resolver for YAML 1.2 takes for a truth value, a number, nothing, a merge or a date. */
const isOtherThanText = (text: string): boolean =>
  [
    /^(?:true|True|TRUE|false|False|FALSE|~|null|Null|NULL|<<|=)$/,
    /^(?=[-+\d])[-+]?(?:0b[01_]+|0o?[0-7_]+|[0-9_]+|0x[0-9a-fA-F_]+)$/,
    /^[-+]?[0-9][0-9_]*(?:\.[0-9_]*(?:[eE][-+]?[0-9]+)?|[eE][-+]?[0-9]+)$/,
    /^[-+]?\.(?:[0-9_]+(?:[eE][-+][0-9]+)?|inf|Inf|INF)$|^\.(?:nan|NaN|NAN)$/,
    /^\d{4}-\d\d-\d\d$/,
    /^\d{4}-\d\d?-\d\d?(?:[Tt]|[ \t]+)\d\d?:\d\d:\d\d(?:\.\d*)?(?:[ \t]*(?:Z|[-+]\d\d?(?::\d\d)?))?$/,
  ].some((form) => form.test(text));

interface Pen {
  /** Whether the line is longer than it should be when this many columns are added to it. */
  readonly isFull: (more: number) => boolean;
  readonly write: (units: readonly string[]) => void;
  /** Goes on in the next line. */
  readonly turn: () => void;
  readonly text: () => string;
}

const openPen = ({ column: start, indent }: ScalarPlace, width: number): Pen => {
  let column = start;
  const written: string[] = [];
  return {
    isFull: (more) => column > indent && column + more > width,
    write: (units) => {
      written.push(...units);
      column += units.length;
    },
    turn: () => {
      written.push('\n', ' '.repeat(indent));
      column = indent;
    },
    text: () => written.join(''),
  };
};

/** Words and the blanks between them, in turn. */
const wordsOf = (text: string): string[][] => (text.match(/ +|[^ ]+/g) ?? []).map((part) => Array.from(part));

const writePlain = (text: string, pen: Pen): void => {
  pen.write([' ']);
  for (const part of wordsOf(text)) {
    const blank = part[0] === ' ';
    const turns = blank ? part.length === 1 && pen.isFull(1) : pen.isFull(part.length);
    if (turns) pen.turn();
    if (!blank || !turns) pen.write(part);
  }
};

const writeQuoted = (text: string, style: Exclude<Style, 'plain'>, pen: Pen): void => {
  const quote = style === 'single' ? "'" : '"';
  pen.write([' ', quote]);
  if (style === 'single') writeSingle(text, pen);
  else writeDouble(Array.from(text), pen);
  pen.write([quote]);
};

/** The text has no single quotes in it: those are written in double ones. */
const writeSingle = (text: string, pen: Pen): void => {
  const parts = wordsOf(text);
  for (const [at, part] of parts.entries()) {
    const inside = at > 0 && at < parts.length - 1;
    if (part[0] === ' ' && part.length === 1 && inside && pen.isFull(0)) pen.turn();
    else pen.write(part);
  }
};

const shortEscapes: Readonly<Record<string, string>> = {
  '\0': '0',
  '\x07': 'a',
  '\b': 'b',
  '\t': 't',
  '\n': 'n',
  '\v': 'v',
  '\f': 'f',
  '\r': 'r',
  '\x1b': 'e',
  '"': '"',
  '\\': '\\',
  '\x85': 'N',
  '\u2028': 'L',
  '\u2029': 'P',
};

const escapeUnit = (unit: string): string => {
  const short = shortEscapes[unit];
  if (short !== undefined) return `\\${short}`;
  const code = unit.codePointAt(0) ?? 0;
  const hex = code.toString(16).toUpperCase();
  return code <= 0xff ? `\\x${hex.padStart(2, '0')}` : `\\u${hex.padStart(4, '0')}`;
};

/** A turn inside double quotes needs a backslash wherever the reader would make a blank of it that is not there. */
const writeDouble = (text: readonly string[], pen: Pen): void => {
  let start = 0;
  for (const [end, unit] of text.entries()) {
    if (mustEscape(unit)) {
      pen.write(text.slice(start, end));
      pen.write(Array.from(escapeUnit(unit)));
      start = end + 1;
    }
    const mayTurn = end > 0 && end < text.length - 1 && (unit === ' ' || start >= end);
    if (mayTurn && pen.isFull(end - start)) start = turnInside(text, start, end, pen);
  }
  pen.write(text.slice(start));
};

const mustEscape = (unit: string): boolean => isSpecial(unit) || unit === '"' || unit === '\\';

/** @returns where the text goes on */
const turnInside = (text: readonly string[], start: number, end: number, pen: Pen): number => {
  const joins = turnsAtBlank(text, start, end);
  pen.write(text.slice(start, end));
  if (!joins) pen.write(['\\']);
  pen.turn();
  const next = Math.max(start, end);
  if (text[next] !== ' ') return next;
  if (joins) return next + 1;
  pen.write(['\\']);
  return next;
};

/** Whether the blank at `end` may be given up for the break of the line. */
const turnsAtBlank = (text: readonly string[], start: number, end: number): boolean => {
  const blank = text.indexOf(' ', end);
  const next = text[blank + 1];
  if (blank === -1 || next === undefined || start === end) return false;
  const passed = text.slice(end, blank);
  if (passed.includes('"') || passed.includes("'") || passed.includes('\n')) return false;
  return next !== ' ' && next !== '\n' && !(text[end - 1] === ' ' && text[end] === ' ');
};
