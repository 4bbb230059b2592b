import * as vscode from 'vscode';
import { z } from 'zod';
import type { DataSide } from '../../sidecar/contract/data-difference.ts';
import type { DataDifferenceRestore } from '../../webview/contract/data-difference.ts';
import { chooseSide } from '../data-difference/choices.ts';
import { pathIn } from '../folder.ts';
import type { DataNeeds } from './data-needs.ts';
import { pointerDifferenceOf, type Address, type PointerDifference } from './git-sides.ts';
import { meantData, meantVersion } from './meant.ts';

const version = z.number().int().positive();
/** What a lens hands over: two states that are known. */
const Asked = z.object({ data: z.string(), from: version, to: z.union([version, z.literal('disk')]) });

/** Opens the page that shows how two states of a data set differ; what the call leaves open is asked. */
export const compareData = async (needs: DataNeeds, argument: unknown): Promise<void> => {
  const asked = Asked.safeParse(argument);
  if (asked.success) {
    const { data, from, to } = asked.data;
    open(
      needs,
      data,
      { kind: 'version', version: from },
      to === 'disk' ? { kind: 'disk' } : { kind: 'version', version: to },
    );
    return;
  }
  const from = await meantVersion(needs, argument, 'Compare which version?');
  if (from === null) return;
  const side: DataSide = { kind: 'version', version: from.version };
  const other = await chooseSide(needs.live, from.path, side);
  if (other === null) return;
  // The older one stands on the left.
  const isOlder = other.kind === 'version' && other.version < from.version;
  if (isOlder) open(needs, from.path, other, side);
  else open(needs, from.path, side, other);
};

/** Compares the data on disk with the version that the pointer names. */
export const compareWithDisk = async (needs: DataNeeds, argument: unknown): Promise<void> => {
  const data = await meantData(needs, argument, 'Compare which data with the disk?');
  const [newest] = data?.versions ?? [];
  if (data === null || newest === undefined) return;
  const named = needs.states.current().get(data.path)?.version ?? newest.version;
  open(needs, data.path, { kind: 'version', version: named }, { kind: 'disk' });
};

/** From the row of a version: what it changed. */
export const compareWithPrevious = async (needs: DataNeeds, argument: unknown): Promise<void> => {
  const now = await meantVersion(needs, argument, 'Show the changes of which version?');
  if (now === null) return;
  const before = needs.live
    .current()
    .datasets.filter((one) => one.path === now.path && one.version < now.version)
    .toSorted((left, right) => right.version - left.version)[0];
  if (before === undefined)
    throw new Error(`${now.name}@v${now.version} is the first version; there is none before it.`);
  open(needs, now.path, { kind: 'version', version: before.version }, { kind: 'version', version: now.version });
};

/** From the difference of a `.dvc` file that Git shows: the data behind the two pointers. */
export const compareRevisions = (needs: DataNeeds, argument: unknown): Promise<void> => {
  const found = differenceOfPointer(needs, argument);
  if (found === null) throw new Error('Open the difference of a .dvc file first, or choose one in Source Control.');
  open(needs, found.pointer.replace(/\.dvc$/, ''), found.from, found.to);
  return Promise.resolve();
};

const open = (needs: DataNeeds, data: string, from: DataSide, to: DataSide): void =>
  needs.openDifference({ data, from, to, key: [], target: null } satisfies DataDifferenceRestore);

const differenceOfPointer = (needs: DataNeeds, argument: unknown): PointerDifference | null => {
  const sides = changeOf(argument) ?? activeDifference();
  if (sides === null || needs.folder === null) return null;
  const inWorkspace = (path: string): string | null =>
    needs.folder === null ? null : pathIn(needs.folder, needs.folder.uri.with({ path }));
  const found = pointerDifferenceOf(sides.before, sides.after, (path) => versionNamed(needs, inWorkspace(path)));
  const pointer = found === null ? null : inWorkspace(found.pointer);
  return found === null || pointer === null ? null : { ...found, pointer };
};

const versionNamed = ({ live, states }: DataNeeds, pointer: string | null): number | null => {
  const path = live.current().datasets.find((one) => one.pointer === pointer)?.path;
  return path === undefined ? null : (states.current().get(path)?.version ?? null);
};

interface Sides {
  readonly before: Address | null;
  readonly after: Address;
}

/** A row of Source Control: of Git's extension it knows the addresses of both sides. */
const changeOf = (argument: unknown): Sides | null => {
  if (typeof argument !== 'object' || argument === null || !('resourceUri' in argument)) return null;
  const { resourceUri } = argument;
  if (!(resourceUri instanceof vscode.Uri)) return null;
  const before = 'leftUri' in argument && argument.leftUri instanceof vscode.Uri ? argument.leftUri : null;
  const after = 'rightUri' in argument && argument.rightUri instanceof vscode.Uri ? argument.rightUri : resourceUri;
  return { before, after };
};

const activeDifference = (): Sides | null => {
  const input = vscode.window.tabGroups.activeTabGroup.activeTab?.input;
  return input instanceof vscode.TabInputTextDiff ? { before: input.original, after: input.modified } : null;
};
