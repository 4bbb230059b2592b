import { parse } from 'ini';

export type Section = Readonly<Record<string, string>>;

/**
 * Sections of an INI file as DVC and the AWS tools write them. The parser takes a dot in a section's name for nesting,
 * `;` for a comment, which in a secret it is not, and a backslash between quotes for more than it is: these are escaped.
 */
export const parseIni = (text: string): Readonly<Record<string, Section>> => {
  const lines = text.split(/\r?\n/).map((line) => escaped(line.trim()));
  const sections: Record<string, Section> = {};
  for (const [name, body] of Object.entries<unknown>(parse(lines.join('\n'))))
    if (typeof body === 'object' && body !== null) sections[name] = textsOf(body);
  return sections;
};

const escaped = (line: string): string => {
  if (/^[#;]/.test(line)) return '';
  if (line.startsWith('[')) return line.replaceAll('.', '\\.');
  const quote = /^[^=]*=\s*(["'])/.exec(line)?.[1];
  if (quote === "'") return line;
  return quote === '"' ? line.replaceAll('\\', '\\\\') : line.replaceAll(';', '\\;');
};

const textsOf = (body: object): Section =>
  Object.fromEntries(Object.entries(body).map(([key, value]) => [key.toLowerCase(), String(value)]));
