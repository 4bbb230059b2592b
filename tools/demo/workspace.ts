import { execFileSync } from 'node:child_process';
import { cpSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { encode } from 'fast-png';
import { readDigits, SIDE, type Digit } from './digits.ts';

const SEED = 2_026;
/** Of each class, the part that becomes the data set; the rest plays the users of the endpoint. */
const SHARE_OF_DATA = 0.8;

export interface DigitsWorkspace {
  readonly root: string;
  /** Digits of the data set on disk. */
  readonly known: readonly Digit[];
  /** Digits that no training has seen. */
  readonly unseen: readonly Digit[];
}

/** A fresh copy of `examples/digits`, filled with real digits, in a Git repository with one commit. */
export const createDigitsWorkspace = (root: string): DigitsWorkspace => {
  mkdirSync(root, { recursive: true });
  cpSync(fileURLToPath(new URL('../../examples/digits', import.meta.url)), root, { recursive: true });
  const classes = readDigits(SEED);
  const cut = (digits: readonly Digit[]) => Math.round(digits.length * SHARE_OF_DATA);
  const known = classes.flatMap((digits) => digits.slice(0, cut(digits)));
  const unseen = classes.flatMap((digits) => digits.slice(cut(digits)));
  for (const digit of known) writeDigit(root, digit, '');
  const git = (...parameters: string[]) =>
    execFileSync('git', ['-c', 'user.name=Demo', '-c', 'user.email=demo@trainyard.invalid', ...parameters], {
      cwd: root,
    });
  git('init', '--quiet');
  git('add', 'config', 'README.md', '.gitignore');
  git('commit', '--quiet', '--message', 'Digits');
  return { root, known, unseen };
};

/** Adds one digit to the image folder; `suffix` tells kinds apart. */
export const writeDigit = (root: string, digit: Digit, suffix: string): void => {
  const folder = join(root, 'data', 'raw', 'images', String(digit.label));
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, `${String(digit.index).padStart(4, '0')}${suffix}.png`), pngOf(digit));
};

/** The digit as a PNG file. */
export const pngOf = (digit: Digit): Uint8Array =>
  encode({ width: SIDE, height: SIDE, channels: 1, depth: 8, data: digit.pixels });
