import * as vscode from 'vscode';
import { language } from '../ids.ts';
import { complete, type Completion } from '../../sidecar/language/complete.ts';
import type { ProjectState } from '../../sidecar/language/project.ts';
import { toRange } from './ranges.ts';

/** Completion of `training.yaml`. Typing never waits: the project is a snapshot. */
export const registerCompletion = (stateOf: (document: vscode.TextDocument) => ProjectState): vscode.Disposable =>
  vscode.languages.registerCompletionItemProvider(
    { language },
    {
      provideCompletionItems: (document, position) =>
        showAlternatives(
          complete(document.getText(), document.offsetAt(position), stateOf(document)).map((completion, index) =>
            toItem(completion, index, document),
          ),
          document,
        ),
    },
    ':',
    ' ',
    '-',
    '{',
    '[',
  );

/** On a value that is complete already, the editor would offer that one alone; the user wants to see the others. */
const showAlternatives = (items: vscode.CompletionItem[], document: vscode.TextDocument): vscode.CompletionItem[] => {
  const range = items[0]?.range;
  const written = range instanceof vscode.Range ? document.getText(range) : '';
  if (items.some(({ label, kind }) => label === written && kind === vscode.CompletionItemKind.Value)) {
    for (const item of items) item.filterText = written;
  }
  return items;
};

const toItem = (completion: Completion, index: number, document: vscode.TextDocument): vscode.CompletionItem => {
  const kind = completion.kind === 'key' ? vscode.CompletionItemKind.Property : vscode.CompletionItemKind.Value;
  const item = new vscode.CompletionItem(completion.label, kind);
  item.insertText = new vscode.SnippetString(completion.insert);
  item.range = toRange(document, completion.span);
  // The order of the list is the order of the schema, not of the alphabet.
  item.sortText = String(index).padStart(4, '0');
  item.preselect = index === 0;
  if (completion.detail !== null) item.detail = completion.detail;
  if (completion.documentation !== null) item.documentation = new vscode.MarkdownString(completion.documentation);
  // A key is of no use without its value: offer the values at once.
  if (completion.kind === 'key') item.command = { command: 'editor.action.triggerSuggest', title: 'Offer values' };
  return item;
};
