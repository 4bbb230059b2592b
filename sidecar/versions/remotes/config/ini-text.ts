import { parse } from 'ini';

export type Section = Readonly<Record<string, string>>;

/**
 * Sections of an INI file as DVC and the AWS tools write them. The parser takes a dot in a section's name for nesting,
 * and `;` for a comment, which in a secret it is not: both are escaped first.
 */
export const parseIni = (text: string): Readonly<Record<string, Section>> => {
  const lines = text.split(/\r?\n/).map((line) => {
    if (/^\s*[#;]/.test(line)) return '';
    return /^\s*\[/.test(line) ? line.trim().replaceAll('.', '\\.') : line.trim().replaceAll(';', '\\;');
  });
  const sections: Record<string, Section> = {};
  for (const [name, body] of Object.entries<unknown>(parse(lines.join('\n'))))
    if (typeof body === 'object' && body !== null) sections[name] = textsOf(body);
  return sections;
};

const textsOf = (body: object): Section =>
  Object.fromEntries(Object.entries(body).map(([key, value]) => [key.toLowerCase(), String(value)]));
