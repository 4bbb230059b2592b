import * as vscode from 'vscode';

/** Files of models in the workspace: what completion offers and what a path is compared with. */
export interface ModelFiles {
  /** Paths in the folder, with `/` between folders; null until they are known. */
  readonly current: () => readonly string[] | null;
  readonly onChange: (listener: () => void) => void;
  readonly watching: vscode.Disposable;
}

const pattern = '**/*.{onnx,safetensors}';
/** What this extension and package managers keep for themselves. */
const elsewhere = '**/{.trainyard,node_modules,.git,.venv,venv}/**';
const most = 1000;

/** Follows the `.onnx` and `.safetensors` files of a folder. */
export const followModelFiles = (folder: vscode.WorkspaceFolder | null): ModelFiles => {
  if (folder === null) return { current: () => null, onChange: () => undefined, watching: vscode.Disposable.from() };
  let files: readonly string[] | null = null;
  const listeners: (() => void)[] = [];
  const look = async () => {
    const found = await vscode.workspace.findFiles(new vscode.RelativePattern(folder, pattern), elsewhere, most);
    // With more of them than are read, one that is not among them may still be there.
    files =
      found.length === most
        ? null
        : found.map(({ path }) => path.slice(folder.uri.path.length + 1)).toSorted((a, b) => a.localeCompare(b));
    for (const listener of listeners) listener();
  };
  const watcher = vscode.workspace.createFileSystemWatcher(new vscode.RelativePattern(folder, pattern), false, true);
  const again = () => void look();
  again();
  return {
    current: () => files,
    onChange: (listener) => void listeners.push(listener),
    watching: vscode.Disposable.from(watcher, watcher.onDidCreate(again), watcher.onDidDelete(again)),
  };
};
