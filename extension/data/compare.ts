import * as vscode from 'vscode';
import { z } from 'zod';
import type { DataSide } from '../../sidecar/contract/data-difference.ts';
import type { DataDifferenceRestore } from '../../webview/contract/data-difference.ts';
import { chooseSide } from '../data-difference/choices.ts';
import { pathIn } from '../folder.ts';
import type { DataNeeds } from './data-needs.ts';
import { pointerDifferenceOf, type Address } from './git-sides.ts';
import { meantData, meantVersion } from './meant.ts';
import { versionsIn } from './pointer-hover.ts';

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
export const compareRevisions = async (needs: DataNeeds, argument: unknown): Promise<void> => {
  const sides = changeOf(argument) ?? activeDifference();
  const pointer = sides === null ? null : pointerIn(needs, sides.after);
  // The menu of a row of Source Control cannot be kept to some files.
  if (sides === null || pointer === null)
    throw new Error('Choose a .dvc file in Source Control, or open its difference first.');
  const named = await versionOnDisk(needs, pointer);
  const found = pointerDifferenceOf(sides.before, sides.after, named);
  if (found === null) throw new Error(`${pointer} is in conflict; choose one of its sides first.`);
  open(needs, pointer.replace(/\.dvc$/, ''), found.from, found.to);
};

const pointerIn = ({ folder }: DataNeeds, { path }: Address): string | null =>
  folder === null || !path.endsWith('.dvc') ? null : pathIn(folder, folder.uri.with({ path }));

const open = (needs: DataNeeds, data: string, from: DataSide, to: DataSide): void =>
  needs.openDifference({ data, from, to, key: [], target: null } satisfies DataDifferenceRestore);

/** What a pointer on disk names at this moment: our note in it says so before the state of its data is looked at. */
const versionOnDisk = async ({ folder, sidecar, states }: DataNeeds, pointer: string): Promise<number | null> => {
  if (folder === null) return null;
  const own = (await (await sidecar.ready()).listDatasets({})).filter((one) => one.pointer === pointer);
  const noted = versionsIn(await readText(vscode.Uri.joinPath(folder.uri, pointer)));
  const named = own.find(({ hash }) => noted.includes(hash))?.version;
  return named ?? states.current().get(own[0]?.path ?? '')?.version ?? null;
};

/** Of a pointer that is gone, nothing. */
const readText = async (uri: vscode.Uri): Promise<string> => {
  try {
    return new TextDecoder().decode(await vscode.workspace.fs.readFile(uri));
  } catch (error) {
    if (error instanceof vscode.FileSystemError && error.code === 'FileNotFound') return '';
    throw error;
  }
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
