import { chmodSync, existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { isAbsolute, join, resolve } from 'node:path';
import { simpleGit } from 'simple-git';
import { gitMissing } from '../faults.ts';
import { firstLine, open } from './git.ts';

export interface GitInstall {
  /** The workspace. */
  readonly root: string;
  /** Program and arguments that run the command line of Trainyard on this machine. */
  readonly command: readonly string[];
  /** Whether the hooks bring data to what its pointers name, rather than tell that it is not. */
  readonly restore: boolean;
}

export interface GitInstalled {
  readonly attributes: string;
  readonly hooks: readonly string[];
  /** Hooks that are somebody else's, and the line that would do the same there. */
  readonly left: readonly { readonly hook: string; readonly line: string }[];
}

const MARK = '# Written by `trainyard data install-git`.';
const ATTRIBUTE = '*.dvc merge=trainyard';

/**
 * Lets Git merge `.dvc` files by the data that they name, check data before it commits its pointers, and look after the
 * data when it checks out another commit.
 * The attribute is committed; where nothing is installed, Git merges pointers as text, as it always has. The rest stays
 * in this clone. A hook that is there already is left alone.
 * @throws Fault `request-invalid` outside of a repository
 */
export const installGit = async ({ root, command, restore }: GitInstall): Promise<GitInstalled> => {
  const git = simpleGit({ baseDir: root, unsafe: { allowUnsafeMergeDriver: true } });
  if (!(await git.checkIsRepo())) throw gitMissing(root);
  const run = (verb: readonly string[]) => [...command, 'data', ...verb, '--workspace', root].map(quote).join(' ');
  await git.addConfig('merge.trainyard.name', 'versions of data, by path', false, 'local');
  await git.addConfig('merge.trainyard.driver', `${run(['merge-driver'])} %O %A %B %P`, false, 'local');
  const attributes = join(root, '.gitattributes');
  const before = existsSync(attributes) ? readFileSync(attributes, 'utf8') : '';
  if (!before.split(/\r?\n/).includes(ATTRIBUTE)) {
    writeFileSync(attributes, `${before}${before === '' || before.endsWith('\n') ? '' : '\n'}${ATTRIBUTE}\n`);
  }
  const folder = await hooksFolder(root);
  // What is told after a checkout must not make it fail: it has happened already.
  const after = `${run(['after-checkout', ...(restore ? ['--restore'] : [])])} || true`;
  const written = [
    { hook: join(folder, 'pre-commit'), line: run(['check', '--staged']) },
    { hook: join(folder, 'post-checkout'), line: after },
    { hook: join(folder, 'post-merge'), line: after },
  ];
  const own = written.filter(({ hook }) => !existsSync(hook) || readFileSync(hook, 'utf8').includes(MARK));
  mkdirSync(folder, { recursive: true });
  for (const { hook, line } of own) {
    writeFileSync(hook, `#!/bin/sh\n${MARK}\n${line}\n`);
    chmodSync(hook, 0o755);
  }
  return { attributes, hooks: own.map(({ hook }) => hook), left: written.filter((one) => !own.includes(one)) };
};

const hooksFolder = async (root: string): Promise<string> => {
  const git = open(root);
  for (const scope of ['--local', '--global', '--system']) {
    const said = await firstLine(git, ['config', scope, '--type=path', '--get', 'core.hooksPath']);
    if (said !== null)
      return isAbsolute(said) ? said : join((await firstLine(git, ['rev-parse', '--show-toplevel'])) ?? root, said);
  }
  return resolve(root, (await firstLine(git, ['rev-parse', '--git-common-dir'])) ?? '.git', 'hooks');
};

/** For the shell that Git runs hooks and drivers with, on Windows too. */
const quote = (text: string): string => {
  const plain = process.platform === 'win32' ? text.replaceAll('\\', '/') : text;
  return /^[\w./:=@-]+$/.test(plain) ? plain : `'${plain.replaceAll("'", String.raw`'\''`)}'`;
};
