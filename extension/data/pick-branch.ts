import * as vscode from 'vscode';
import type { DataBranch } from '../../sidecar/contract/data-merge.ts';
import { branchItems } from './branch-text.ts';

type Item = vscode.QuickPickItem & { readonly branch: string };

/** Asks for one of these branches, or for any other name that is typed. @returns null for none */
export const pickBranch = (branches: readonly DataBranch[]): Promise<string | null> =>
  new Promise((resolve) => {
    const known = branchItems(branches, Date.now());
    const list = vscode.window.createQuickPick<Item>();
    list.title = 'Merge Data from Branch';
    list.placeholder =
      known.length === 0
        ? 'No other branch has data. Type a tag or a commit.'
        : 'Choose a branch, or type a tag or commit.';
    list.matchOnDetail = true;
    list.items = known;
    list.onDidChangeValue((value) => {
      const typed = value.trim();
      const isNew = typed !== '' && known.every(({ branch }) => branch !== typed);
      const other = {
        branch: typed,
        label: `$(git-commit) ${typed}`,
        description: 'branch, tag or commit',
        alwaysShow: true,
      };
      list.items = isNew ? [...known, other] : known;
    });
    list.onDidAccept(() => {
      resolve(list.selectedItems[0]?.branch ?? null);
      list.hide();
    });
    list.onDidHide(() => {
      resolve(null);
      list.dispose();
    });
    list.show();
  });
