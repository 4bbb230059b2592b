import type { CheckVerdict, DataCheck } from '../contract/data-check.ts';
import { table } from '../terminal/table.ts';
import { answer, exit, type ExitCode, type Shell } from './shell.ts';

/** Judges `data.checks`. In a hook of Git the index is the one that Git names. */
export const checkData = (
  shell: Shell,
  path: string | undefined,
  { staged }: { readonly staged: boolean },
): Promise<ExitCode> =>
  shell.withSidecar(async ({ client }) => {
    const index = process.env['GIT_INDEX_FILE'] ?? null;
    const checks = await client.checkData(
      { ...(path === undefined ? {} : { path }), ...(staged ? { staged: { index } } : {}) },
      { signal: shell.interrupted, onProgress: ({ note }) => shell.screen.status(note) },
    );
    shell.screen.clearStatus();
    answer(shell, checks, () =>
      checks.length === 0 ? 'Nothing has checks.' : checks.map((check) => describe(check, shell)).join('\n\n'),
    );
    return checks.some(({ blocked }) => blocked) ? exit.held : exit.done;
  });

const describe = (check: DataCheck, shell: Shell): string => {
  const { bold, red, green } = shell.screen;
  const broken = check.verdicts.filter(({ passed }) => !passed);
  const end = check.blocked
    ? red(`${broken.length} of ${check.verdicts.length} checks are broken.`)
    : green(broken.length === 0 ? 'All checks hold.' : 'Only checks that warn are broken.');
  return [
    bold(`${check.data} ${check.state}  by ${check.configuration}`),
    table(
      ['', 'check', 'found', 'where'],
      check.verdicts.map((verdict) => [mark(verdict, shell), verdict.rule, verdict.sentence, placeText(verdict)]),
    ),
    end,
  ].join('\n');
};

/** Never by colour alone. */
const mark = ({ passed, onFail }: CheckVerdict, { screen }: Shell): string => {
  if (passed) return screen.green('✓ holds');
  return onFail === 'block' ? screen.red('✗ broken') : screen.yellow('! warns');
};

const placeText = ({ place }: CheckVerdict): string => [place.file, place.line].filter(Boolean).join(':');
