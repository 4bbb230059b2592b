import * as vscode from 'vscode';

const SCHEME = 'trainyard';

/** Read-only texts that exist in no file: logs, reports, differences. */
export interface Documents {
  /** Opens a text, or shows it anew when it is open. */
  readonly show: (name: string, text: string) => Promise<vscode.TextEditor>;
  /** Replaces a text that may be open. */
  readonly update: (name: string, text: string) => void;
  readonly isOpen: (name: string) => boolean;
  readonly dispose: () => void;
}

export const createDocuments = (): Documents => {
  const texts = new Map<string, string>();
  const changed = new vscode.EventEmitter<vscode.Uri>();
  const uriOf = (name: string) => vscode.Uri.from({ scheme: SCHEME, path: `/${name}` });
  const provider = vscode.workspace.registerTextDocumentContentProvider(SCHEME, {
    onDidChange: changed.event,
    provideTextDocumentContent: (uri) => texts.get(uri.path.slice(1)) ?? 'This text is no longer there. Open it again.',
  });
  const closed = vscode.workspace.onDidCloseTextDocument(({ uri }) => {
    if (uri.scheme === SCHEME) texts.delete(uri.path.slice(1));
  });
  const update = (name: string, text: string) => {
    texts.set(name, text);
    changed.fire(uriOf(name));
  };
  return {
    show: async (name, text) => {
      update(name, text);
      const document = await vscode.workspace.openTextDocument(uriOf(name));
      return vscode.window.showTextDocument(document, { preview: true });
    },
    update,
    isOpen: (name) => vscode.workspace.textDocuments.some(({ uri }) => uri.toString() === uriOf(name).toString()),
    dispose: () => {
      provider.dispose();
      closed.dispose();
      changed.dispose();
    },
  };
};
