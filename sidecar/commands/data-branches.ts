import { readFileSync, writeFileSync } from 'node:fs';
import { relative, resolve, sep } from 'node:path';
import type { CallOptions } from '../contract/call.ts';
import type { MergeChoice, MergedData } from '../contract/data-merge.ts';
import { bytesText } from '../terminal/figures.ts';
import { table } from '../terminal/table.ts';
import { mergePointerTexts } from '../versions/branches/merge-pointers.ts';
import { installGit } from '../workspace/install-git.ts';
import { answer, exit, type ExitCode, type Shell } from './shell.ts';

export interface ResolveOptions {
  readonly choice: MergeChoice | null;
  /** Paths inside the data set; none for all. */
  readonly paths: readonly string[];
  readonly abort: boolean;
  readonly force: boolean;
}

/** Merges the data of another branch into the data of this one. */
export const mergeData = (
  shell: Shell,
  branch: string,
  options: { readonly choice: MergeChoice | null; readonly force: boolean },
): Promise<ExitCode> =>
  shell.withSidecar(async ({ client }) => {
    const request = { branch, all: options.choice, force: options.force };
    const merged = await client.mergeData(request, followed(shell));
    shell.screen.clearStatus();
    answer(shell, merged, () =>
      merged.length === 0 ? `${branch} has changed no data.` : merged.map(describeMerged).join('\n'),
    );
    return codeOf(merged);
  });

/** Resolves the conflicts of a merge; without a data set, lists the merges that wait. */
export const resolveData = (shell: Shell, data: string | undefined, options: ResolveOptions): Promise<ExitCode> =>
  shell.withSidecar(async ({ client }) => {
    if (data === undefined) {
      const open = await client.listMerges({});
      answer(shell, open, () => (open.length === 0 ? 'No merge of data waits.' : open.map(describeMerged).join('\n')));
      return exit.done;
    }
    if (options.abort) {
      await client.abandonMerge({ data });
      answer(shell, { data, abandoned: true }, () => `The merge of ${data} is given up; nothing was changed.`);
      return exit.done;
    }
    const { choice, paths, force } = options;
    const choices = Object.fromEntries(choice === null ? [] : paths.map((path) => [path, choice]));
    const request = { data, all: paths.length === 0 ? choice : null, choices, force };
    const result = await client.resolveData(request, followed(shell));
    shell.screen.clearStatus();
    answer(shell, result, () => describeMerged(result));
    return codeOf([result]);
  });

/** Takes back what a version has changed. */
export const revertData = (
  shell: Shell,
  data: string,
  version: number | null,
  options: { readonly force: boolean },
): Promise<ExitCode> =>
  shell.withSidecar(async ({ client }) => {
    const result = await client.revertData({ data, version, ...options }, followed(shell));
    shell.screen.clearStatus();
    answer(shell, result, () => describeMerged(result));
    return codeOf([result]);
  });

/** Ends with Ctrl-C, and shows what it is doing. */
export const followed = (shell: Shell): CallOptions => ({
  signal: shell.interrupted,
  onProgress: ({ note }) => shell.screen.status(note),
});

/** Conflicts hold a merge: what a person decides is not a failure. */
const codeOf = (merged: readonly MergedData[]): ExitCode =>
  merged.some(({ outcome }) => outcome === 'conflicts') ? exit.held : exit.done;

const describeMerged = (merged: MergedData): string => {
  const { path, outcome, version, written, removed } = merged;
  const named = version === null ? path : `${path} is ${version.name}@v${version.version} now`;
  switch (outcome) {
    case 'merged':
      return `${named}: ${written} files written, ${removed} removed.`;
    case 'unchanged':
      return `${path} has nothing to merge.`;
    case 'removed':
      return `${path} is no longer in one of the branches; it was left as it is.`;
    case 'conflicts':
      return describeConflicts(merged);
  }
};

const SHOWN = 20;

const describeConflicts = ({ path, conflicts, conflictCount }: MergedData): string => {
  const size = (bytes: number | null) => (bytes === null ? '–' : bytesText(bytes));
  const rows = conflicts
    .slice(0, SHOWN)
    .map((one) => [one.path, one.kind.replaceAll('-', ' '), size(one.ours), size(one.theirs)]);
  const more = conflictCount > SHOWN ? [`… and ${conflictCount - SHOWN} more`] : [];
  return [
    `${path}: ${conflictCount} ${conflictCount === 1 ? 'conflict' : 'conflicts'}. Nothing on disk was touched.`,
    table(['file', 'conflict', 'ours', 'theirs'], rows),
    ...more,
    `Resolve with \`trainyard data resolve ${path} --ours | --theirs | --both [files…]\`, or give up with --abort.`,
  ].join('\n');
};

interface DriverFiles {
  readonly base: string;
  readonly ours: string;
  readonly theirs: string;
  /** Relative to the folder that Git runs the driver in. */
  readonly pointer: string;
}

/**
 * Git's merge driver for `.dvc` files: leaves the merged text in the file of our side.
 * @returns 1 when there are conflicts, as Git wants it
 */
export const mergePointerFiles = async (shell: Shell, files: DriverFiles): Promise<ExitCode> => {
  const pointer = relative(shell.workspace, resolve(files.pointer)).split(sep).join('/');
  const path = pointer.replace(/\.dvc$/, '');
  const [base = '', ours = '', theirs = ''] = [files.base, files.ours, files.theirs].map((file) =>
    readFileSync(file, 'utf8'),
  );
  // Where both sides have added the file, Git gives an empty one for the base.
  const texts = { base: base === '' ? null : base, ours, theirs };
  try {
    const merged = await shell.withSidecar(({ client }) => client.mergePointers({ pointer, ...texts }));
    writeFileSync(files.ours, merged.text);
    if (merged.conflicts === 0) return exit.done;
    shell.screen.note(
      `${merged.conflicts} ${merged.conflicts === 1 ? 'conflict' : 'conflicts'} in the data of ${path}: \`trainyard data resolve ${path}\` shows and settles them; then \`git add ${pointer}\`.`,
    );
    return exit.fault;
  } catch (error) {
    // Git takes what lies there for our side of a conflict: without marks, theirs would be lost unseen.
    writeFileSync(files.ours, mergePointerTexts(texts, path, null).text);
    throw error;
  }
};

/** After Git has checked out another commit: tells where the data on disk is not what its pointer names. */
export const followCheckout = (shell: Shell, { restore }: { readonly restore: boolean }): Promise<ExitCode> => {
  return shell.withSidecar(async ({ client }) => {
    const states = await client.checkPointers({ restore });
    const told = states.filter(({ state }) => state !== 'equal');
    if (shell.json) answer(shell, states, () => '');
    else for (const { text } of told) shell.screen.note(text);
    return exit.done;
  });
};

/** Makes Git merge pointers by the data that they name, in this clone. */
export const installIntoGit = async (shell: Shell, { restore }: { readonly restore: boolean }): Promise<ExitCode> => {
  const command = [process.execPath, process.argv[1] ?? ''];
  const installed = await installGit({ root: shell.workspace, command, restore });
  answer(shell, installed, () =>
    [
      `Git merges .dvc files by their data here. ${installed.attributes} says so; commit it.`,
      ...installed.hooks.map((hook) => `Hook: ${hook}`),
      ...installed.left.map(
        ({ hook, line }) => `${hook} is not ours and was left alone; add this line to it:\n${line}`,
      ),
    ].join('\n'),
  );
  return exit.done;
};
