import { randomBytes } from 'node:crypto';
import * as vscode from 'vscode';
import type { z } from 'zod';
import type { Envelope, Shown } from '../../webview/contract/envelope.ts';
import type { Log } from '../log.ts';
import type { Feed } from './feed.ts';
import { pageHtml } from './html.ts';

/** A sort of page. */
export interface PageKind<Up extends { readonly type: string }, Restore> {
  readonly viewType: string;
  /** Its bundle in dist/webview. */
  readonly bundle: string;
  /** Folders of pictures that the page shows, besides its bundle. */
  readonly resources?: readonly vscode.Uri[];
  /** Every message of the page is checked by it; others are dropped. */
  readonly up: z.ZodType<Up>;
  /** What the editor keeps, so that the page opens again after a reload. */
  readonly restore: z.ZodType<Restore>;
  readonly titleOf: (restore: Restore) => string;
  /** Two openings with the same key show one page. */
  readonly keyOf: (restore: Restore) => string;
  /** Called once for each page that opens. */
  readonly attend: (restore: Restore, page: OpenPage<Restore>) => Attendance<Up>;
}

/** An open page, as its feed sees it. */
export interface OpenPage<Restore> {
  readonly send: (message: Envelope<unknown>) => void;
  /** The address at which the page may load a file of `resources`. */
  readonly addressOf: (file: vscode.Uri) => string;
  /** The page shows something else from now on. */
  readonly become: (restore: Restore) => void;
}

interface Attendance<Up> {
  readonly feed: Feed;
  readonly receive: (message: Up) => void;
}

export interface Pages<Restore> {
  readonly open: (restore: Restore) => void;
  readonly isVisible: (restore: Restore) => boolean;
  readonly dispose: () => void;
}

/** Opens pages of one sort, one for each key, and brings them back after a reload of the window. */
export const registerPages = <Up extends { readonly type: string }, Restore>(
  kind: PageKind<Up, Restore>,
  host: { readonly extensionUri: vscode.Uri; readonly log: Log },
): Pages<Restore> => {
  const open = new Map<string, vscode.WebviewPanel>();
  const roots = [vscode.Uri.joinPath(host.extensionUri, 'dist', 'webview'), ...(kind.resources ?? [])];

  const wire = (panel: vscode.WebviewPanel, first: Restore): void => {
    let restore = first;
    let last: Shown<unknown> | null = null;
    open.set(kind.keyOf(first), panel);
    const send = (message: Envelope<unknown>) => {
      if (message.type === 'snapshot' || message.type === 'failed') last = { ...message, restore };
      void panel.webview.postMessage(message.type === 'snapshot' || message.type === 'failed' ? last : message);
    };
    const addressOf = (file: vscode.Uri) => panel.webview.asWebviewUri(file).toString();
    const become = (next: Restore) => {
      open.delete(kind.keyOf(restore));
      restore = next;
      open.set(kind.keyOf(next), panel);
      panel.title = kind.titleOf(next);
    };
    const { feed, receive } = kind.attend(first, { send, addressOf, become });
    const hear = (message: Up) => {
      // A page that was hidden begins anew; it gets what it had at once, and then what is new.
      if (message.type === 'ready' && last !== null) void panel.webview.postMessage(last);
      if (message.type === 'ready' || message.type === 'retry') feed.refresh();
      else receive(message);
    };
    panel.webview.onDidReceiveMessage((raw: unknown) => {
      const message = kind.up.safeParse(raw);
      if (message.success) hear(message.data);
      else host.log.warn(`A message of the page ${kind.viewType} was dropped: ${message.error.message}`);
    });
    panel.onDidDispose(() => {
      feed.dispose();
      if (open.get(kind.keyOf(restore)) === panel) open.delete(kind.keyOf(restore));
    });
    panel.webview.options = { enableScripts: true, localResourceRoots: roots };
    panel.webview.html = htmlOf(panel, kind.bundle, roots[0] ?? host.extensionUri);
  };

  const serializer = vscode.window.registerWebviewPanelSerializer(kind.viewType, {
    deserializeWebviewPanel: (panel, state: unknown) => {
      const restore = kind.restore.safeParse(state);
      if (restore.success) wire(panel, restore.data);
      else panel.dispose();
      return Promise.resolve();
    },
  });

  return {
    open: (restore) => {
      const existing = open.get(kind.keyOf(restore));
      if (existing !== undefined) {
        existing.reveal();
        return;
      }
      const panel = vscode.window.createWebviewPanel(kind.viewType, kind.titleOf(restore), vscode.ViewColumn.Active, {
        enableScripts: true,
        localResourceRoots: roots,
      });
      wire(panel, restore);
    },
    isVisible: (restore) => open.get(kind.keyOf(restore))?.visible === true,
    dispose: () => {
      serializer.dispose();
      for (const panel of [...open.values()]) panel.dispose();
    },
  };
};

const htmlOf = (panel: vscode.WebviewPanel, bundle: string, root: vscode.Uri): string => {
  const address = (name: string) => panel.webview.asWebviewUri(vscode.Uri.joinPath(root, name)).toString();
  return pageHtml({
    title: panel.title,
    nonce: randomBytes(18).toString('base64'),
    source: panel.webview.cspSource,
    script: address(`${bundle}.js`),
    style: address(`${bundle}.css`),
  });
};
