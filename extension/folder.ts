import type * as vscode from 'vscode';

/** A file as the sidecar names it: relative to the workspace, with forward slashes; null when it lies outside. */
export const pathIn = (folder: vscode.WorkspaceFolder, uri: vscode.Uri): string | null => {
  const root = `${folder.uri.path.replace(/\/$/, '')}/`;
  return uri.scheme === folder.uri.scheme && uri.path.startsWith(root) ? uri.path.slice(root.length) : null;
};
