/** Farther words are not offered: a wrong guess is worse than none. */
const FARTHEST = 2;

/**
 * The candidate nearest to a mistyped word, by Damerau–Levenshtein distance (optimal string alignment:
 * insertions, deletions, substitutions and swaps of neighbours count 1 each).
 * @returns null when none is within two such steps, or when the word is too short for a guess.
 */
export const nearest = (word: string, candidates: readonly string[]): string | null => {
  let best: { name: string; distance: number } | null = null;
  for (const name of candidates) {
    const far = distance(word.toLowerCase(), name.toLowerCase());
    const within = far <= Math.min(FARTHEST, Math.floor(Math.max(word.length, name.length) / 2));
    if (within && far < (best?.distance ?? Infinity)) best = { name, distance: far };
  }
  return best?.name ?? null;
};

export const distance = (from: string, to: string): number => {
  if (Math.abs(from.length - to.length) > FARTHEST) return Infinity;
  let [older, old]: [number[], number[]] = [[], Array.from({ length: to.length + 1 }, (_, column) => column)];
  for (let row = 1; row <= from.length; row += 1) {
    const now = [row];
    for (let column = 1; column <= to.length; column += 1) {
      const same = from[row - 1] === to[column - 1] ? 0 : 1;
      const swapped = row > 1 && column > 1 && from[row - 1] === to[column - 2] && from[row - 2] === to[column - 1];
      now[column] = Math.min(
        cell(old, column) + 1,
        cell(now, column - 1) + 1,
        cell(old, column - 1) + same,
        swapped ? cell(older, column - 2) + 1 : Infinity,
      );
    }
    [older, old] = [old, now];
  }
  return cell(old, to.length);
};

const cell = (row: readonly number[], column: number): number => row[column] ?? Infinity;
