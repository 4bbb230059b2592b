import * as vscode from 'vscode';
import type { Place } from '../../sidecar/contract/fault.ts';
import { readTraining } from '../../sidecar/language/document.ts';
import type { Span } from '../../sidecar/language/span.ts';

/** A span of a document as the editor's range. */
export const toRange = (document: vscode.TextDocument, { start, end }: Span): vscode.Range =>
  new vscode.Range(document.positionAt(start), document.positionAt(end));

/** Where a place that the sidecar has named stands in a `training.yaml` now; the first word where none is named. */
export const rangeOf = (place: Place | undefined, document: vscode.TextDocument): vscode.Range => {
  const written = place?.path === undefined ? null : readTraining(document.getText()).find(place.path);
  if (written !== null) return toRange(document, written.value);
  const at = new vscode.Position((place?.line ?? 1) - 1, (place?.column ?? 1) - 1);
  return document.getWordRangeAtPosition(at) ?? new vscode.Range(at, at.translate(0, 1));
};
