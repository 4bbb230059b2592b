import * as vscode from 'vscode';
import type { Span } from '../../sidecar/language/span.ts';

/** A span of a document as the editor's range. */
export const toRange = (document: vscode.TextDocument, { start, end }: Span): vscode.Range =>
  new vscode.Range(document.positionAt(start), document.positionAt(end));
