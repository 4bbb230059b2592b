import * as vscode from 'vscode';
import type { Row } from './row.ts';

export interface TreeNeeds {
  readonly view: string;
  readonly many: 'one' | 'several';
  readonly rows: () => readonly Row[];
  /** @returns stops the listener. */
  readonly onChange: (listener: () => void) => () => void;
}

/** Lends rows to a tree view; the whole tree is drawn again at each change, by ids, so that nothing jumps. */
export const registerTree = ({ view, many, rows, onChange }: TreeNeeds): vscode.TreeView<Row> & vscode.Disposable => {
  const changed = new vscode.EventEmitter<undefined>();
  const provider: vscode.TreeDataProvider<Row> = {
    onDidChangeTreeData: changed.event,
    getChildren: (row) => [...(row?.children ?? rows())],
    getTreeItem: toItem,
  };
  const tree = vscode.window.createTreeView(view, {
    treeDataProvider: provider,
    canSelectMany: many === 'several',
    showCollapseAll: true,
  });
  const stop = onChange(() => changed.fire(undefined));
  tree.onDidChangeVisibility(() => changed.fire(undefined));
  const dispose = tree.dispose.bind(tree);
  return Object.assign(tree, {
    dispose: () => {
      stop();
      changed.dispose();
      dispose();
    },
  });
};

const states = {
  never: vscode.TreeItemCollapsibleState.None,
  collapsed: vscode.TreeItemCollapsibleState.Collapsed,
  expanded: vscode.TreeItemCollapsibleState.Expanded,
};

const toItem = (row: Row): vscode.TreeItem => {
  const item = new vscode.TreeItem(row.label, states[row.opened]);
  const { name, color } = row.icon;
  item.id = row.id;
  item.description = row.description;
  item.iconPath = new vscode.ThemeIcon(name, color === null ? undefined : new vscode.ThemeColor(color));
  item.contextValue = row.context;
  item.accessibilityInformation = { label: row.spoken };
  if (row.tooltip !== null) item.tooltip = new vscode.MarkdownString(row.tooltip);
  if (row.click !== null) item.command = { command: row.click.command, title: 'Open', arguments: [row.click.argument] };
  return item;
};
