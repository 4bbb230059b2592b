import * as vscode from 'vscode';
import { language } from '../ids.ts';
import { hover } from '../../sidecar/language/hover.ts';
import type { ProjectState } from '../../sidecar/language/project.ts';
import { toRange } from './ranges.ts';

/** Hovers of `training.yaml`. */
export const registerHover = (stateOf: (document: vscode.TextDocument) => ProjectState): vscode.Disposable =>
  vscode.languages.registerHoverProvider(
    { language },
    {
      provideHover: (document, position) => {
        const found = hover(document.getText(), document.offsetAt(position), stateOf(document));
        return found === null
          ? null
          : new vscode.Hover(new vscode.MarkdownString(found.text), toRange(document, found.span));
      },
    },
  );
