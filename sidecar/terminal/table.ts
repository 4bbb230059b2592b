/** Width of a text in a terminal, without colour codes. */
const widthOf = (text: string): number => text.replace(/\u001B\[\d+m/g, '').length;

/**
 * Columns under headings, as wide as their widest cell. Numbers (cells that begin with a digit or a sign and a digit)
 * stand to the right.
 */
export const table = (headings: readonly string[], rows: readonly (readonly string[])[]): string => {
  const widths = headings.map((heading, at) =>
    Math.max(widthOf(heading), ...rows.map((row) => widthOf(row[at] ?? ''))),
  );
  const right = headings.map((_, at) => rows.length > 0 && rows.every((row) => /^([−+-]?\d|–$|$)/.test(row[at] ?? '')));
  const line = (cells: readonly string[]) =>
    cells
      .map((cell, at) => pad(cell, widths[at] ?? 0, right[at] === true))
      .join('  ')
      .trimEnd();
  return [line(headings), line(widths.map((width) => '─'.repeat(width))), ...rows.map(line)].join('\n');
};

const pad = (text: string, width: number, right: boolean): string => {
  const space = ' '.repeat(Math.max(0, width - widthOf(text)));
  return right ? space + text : text + space;
};
