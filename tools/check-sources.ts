import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { runCommand } from './command.ts';

const root = join(import.meta.dirname, '..');

/** Names that say nothing about what a thing is. */
const emptyWords = '(?:Manager|Helper|Util|Utils|Service|Handler|Base)';
const emptyName = new RegExp(
  String.raw`(?:\b(?:class|interface|function|const|let)|^(?:export )?type)\s+(\w*[a-z]${emptyWords}|${emptyWords})\b`,
  'gm',
);
const emptyFile = /(^|\/)(utils?|types|helpers?|common|misc|shared-utils)(\.ts$|\/)/;

interface Rule {
  readonly applies: RegExp;
  readonly finds: RegExp;
  readonly says: string;
}

/** What no general linter knows about this repository, one entry a rule. */
const rules: readonly Rule[] = [
  {
    applies: /\.(ts|js|cjs|mjs|md|json|css|ya?ml|sh)$/,
    finds: /\b(?:TO[D]O|FIX[M]E|X{3})\b/g,
    says: 'leaves work behind; do it or open an issue',
  },
  { applies: /\.ts$/, finds: emptyName, says: 'is a name that says nothing' },
  {
    applies: /^test\/.*\.ts$/,
    finds: /\b(?:it|test|describe|suite)\.(?:skip|only|todo|fails)\b/g,
    says: 'hides tests',
  },
  {
    applies: /^webview\/(?!shared\/controls\.ts$).*\.ts$/,
    finds:
      /(?:<|['"`])vscode-(?:button|checkbox|badge|progress|dropdown|option|panel|text|single|tab|divider|link|radio|tag|data)[\w-]*/g,
    says: 'is a tag of the toolkit; webview/shared/controls.ts is its one doorway',
  },
  {
    applies: /^(?!package-lock\.json$)/,
    finds: /(?<![\w.~/$}:-])\/(?:root|home\/\w+|Users\/\w+)\/[\w.]+/g,
    says: 'is a path of one machine',
  },
];

/**
 * What breaks a rule of names or leftovers in one file, one sentence each.
 * @param path relative to the repository, with forward slashes
 */
export function findSourceFaults(path: string, text: string): readonly string[] {
  const inText = rules
    .filter(({ applies }) => applies.test(path))
    .flatMap(({ finds, says }) =>
      [...text.matchAll(finds)].map(
        (match) => `${path}:${lineOf(text, match.index)} “${match[1] ?? match[0]}” ${says}.`,
      ),
    );
  return [...nameFaults(path), ...inText];
}

function nameFaults(path: string): readonly string[] {
  if (!path.endsWith('.ts')) return [];
  const faults: string[] = [];
  if (emptyFile.test(path)) faults.push(`${path} is a name that says nothing; name it for the one thing it exports.`);
  if (path.split('/').some((part) => !/^[a-z0-9]+(-[a-z0-9]+)*(\.[a-z]+)*$/.test(part)))
    faults.push(`${path} is not in kebab-case.`);
  return faults;
}

const lineOf = (text: string, index: number): number => text.slice(0, index).split('\n').length;

if (import.meta.main) {
  const tracked = (await runCommand({ program: 'git', args: ['ls-files'], cwd: root })).trim().split('\n');
  const read = tracked.filter(
    (path) => /\.(ts|js|cjs|mjs|md|json|css|ya?ml|sh)$/.test(path) && !path.startsWith('test/fixtures/'),
  );
  const faults = await Promise.all(
    read.map(async (path) => findSourceFaults(path, await readFile(join(root, path), 'utf8'))),
  );
  for (const fault of faults.flat()) console.error(fault);
  process.exitCode = faults.flat().length === 0 ? 0 : 1;
}
