import * as vscode from 'vscode';
import { language } from '../ids.ts';
import { diagnose } from '../../sidecar/language/diagnose.ts';
import type { Finding, Fix } from '../../sidecar/language/finding.ts';
import type { ProjectState } from '../../sidecar/language/project.ts';
import { toRange } from './ranges.ts';

/** Quick fixes: each changes one value or one key and nothing else. */
export const registerFixes = (stateOf: (document: vscode.TextDocument) => ProjectState): vscode.Disposable =>
  vscode.languages.registerCodeActionsProvider(
    { language },
    {
      provideCodeActions: (document, range, { diagnostics }) =>
        diagnose(document.getText(), stateOf(document))
          .filter((finding) => toRange(document, finding.span).intersection(range) !== undefined)
          .flatMap((finding) => finding.fixes.map((fix) => toAction({ finding, fix, document, diagnostics }))),
    },
    { providedCodeActionKinds: [vscode.CodeActionKind.QuickFix] },
  );

interface ActionNeeds {
  readonly finding: Finding;
  readonly fix: Fix;
  readonly document: vscode.TextDocument;
  readonly diagnostics: readonly vscode.Diagnostic[];
}

const toAction = ({ finding, fix, document, diagnostics }: ActionNeeds): vscode.CodeAction => {
  const action = new vscode.CodeAction(fix.title, vscode.CodeActionKind.QuickFix);
  action.edit = new vscode.WorkspaceEdit();
  for (const { span, text } of fix.edits) action.edit.replace(document.uri, toRange(document, span), text);
  action.isPreferred = fix.preferred;
  action.diagnostics = diagnostics.filter(({ message }) => message === finding.message);
  return action;
};
