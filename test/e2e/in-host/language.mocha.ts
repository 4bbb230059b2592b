import * as assert from 'node:assert/strict';
import { join } from 'node:path';
import * as vscode from 'vscode';

suite('training.yaml in the editor', () => {
  test('a training.yaml has a language of its own', async () => {
    const document = await open('training:\n  epochs: 3\n');
    assert.equal(document.languageId, 'trainyard');
  });

  test('the file that lies in the workspace offers to be trained', async () => {
    const folder = vscode.workspace.workspaceFolders?.[0]?.uri.fsPath ?? '';
    const uri = vscode.Uri.file(join(folder, 'config/training.yaml'));
    await vscode.window.showTextDocument(uri);
    const lenses = await until(
      async () => vscode.commands.executeCommand<vscode.CodeLens[]>('vscode.executeCodeLensProvider', uri, 10),
      (found) => found.length > 0,
    );
    const train = lenses.find(({ command }) => command?.command === 'trainyard.train');
    assert.match(train?.command?.title ?? '', /Train/);
    assert.equal(train?.range.start.line, 0);
  });

  test('completion offers the settings of the block and their words', async () => {
    const document = await open('training:\n  epochs: 3\n  \n');
    const list = await vscode.commands.executeCommand<vscode.CompletionList>(
      'vscode.executeCompletionItemProvider',
      document.uri,
      new vscode.Position(2, 2),
    );
    const labels = list.items.map(({ label }) => (typeof label === 'string' ? label : label.label));
    assert.ok(labels.includes('device'), labels.join(' '));
    assert.ok(!labels.includes('epochs'), 'what is written already is not offered again');
    assert.ok(!labels.includes('batch_size'), 'a setting of another block is not offered');
  });

  test('hover explains a setting', async () => {
    const document = await open('training:\n  epochs: 3\n');
    const hovers = await vscode.commands.executeCommand<vscode.Hover[]>(
      'vscode.executeHoverProvider',
      document.uri,
      new vscode.Position(1, 4),
    );
    const parts = hovers.flatMap(({ contents }) => contents);
    const texts = parts.map((part) => (part instanceof vscode.MarkdownString ? part.value : JSON.stringify(part)));
    assert.match(texts.join('\n'), /How many times training sees every row/);
  });

  test('a misspelt setting is underlined, and the fix that is offered mends it', async () => {
    const document = await open('model: {name: cnn}\ndata: {dataset: mnist}\ntraining:\n  epoch: 3\n');
    const [fault] = await findings(document, (found) => found.length > 0);
    assert.equal(fault?.severity, vscode.DiagnosticSeverity.Error);
    assert.equal(document.getText(fault.range), 'epoch');
    const actions = await vscode.commands.executeCommand<vscode.CodeAction[]>(
      'vscode.executeCodeActionProvider',
      document.uri,
      fault.range,
    );
    const fix = actions.find(({ edit }) => edit !== undefined);
    assert.ok(fix?.edit !== undefined, 'a fix is offered');
    assert.ok(await vscode.workspace.applyEdit(fix.edit));
    assert.match(document.getText(), /^ {2}epochs: 3$/m);
    await findings(document, (found) => found.length === 0);
  });

  test('broken YAML is a finding at its place, and not a broken editor', async () => {
    const document = await open('model: {name: cnn\ntraining:\n  epochs: 3\n');
    const found = await findings(document, (some) => some.length > 0);
    assert.ok(found.every(({ message }) => message.length > 10 && !message.includes('undefined')));
  });
});

suite('the extension', () => {
  test('registers every command that it announces', async () => {
    const extension = vscode.extensions.getExtension('trainyard.trainyard');
    assert.ok(extension !== undefined);
    await extension.activate();
    const { contributes } = extension.packageJSON as { contributes: { commands: { command: string }[] } };
    const announced = contributes.commands.map(({ command }) => command);
    const registered = new Set(await vscode.commands.getCommands(true));
    assert.ok(announced.length > 10);
    assert.deepEqual(
      announced.filter((command) => !registered.has(command)),
      [],
    );
  });
});

async function open(content: string): Promise<vscode.TextDocument> {
  const document = await vscode.workspace.openTextDocument({ language: 'trainyard', content });
  await vscode.window.showTextDocument(document);
  return document;
}

const findings = (document: vscode.TextDocument, enough: (found: vscode.Diagnostic[]) => boolean) =>
  until(() => Promise.resolve(vscode.languages.getDiagnostics(document.uri)), enough);

/** Asks again until the answer is good, 30 s at most; then gives the last one. */
async function until<Answer>(ask: () => Promise<Answer>, good: (answer: Answer) => boolean): Promise<Answer> {
  const end = Date.now() + 30_000;
  for (;;) {
    const answer = await ask();
    if (good(answer)) return answer;
    assert.ok(Date.now() < end, `waited 30 s in vain; last: ${JSON.stringify(answer)}`);
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
}
