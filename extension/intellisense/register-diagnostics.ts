import * as vscode from 'vscode';
import type { FaultReport } from '../../sidecar/contract/fault.ts';
import { pathIn } from '../folder.ts';
import { language } from '../ids.ts';
import { diagnose } from '../../sidecar/language/diagnose.ts';
import type { Finding } from '../../sidecar/language/finding.ts';
import type { ProjectState } from '../../sidecar/language/project.ts';
import type { Log } from '../log.ts';
import { sayFault } from '../sidecar/fault.ts';
import type { Sidecar } from '../sidecar/process.ts';
import { rangeOf, toRange } from './ranges.ts';

/** Time without a key after which a text is judged. */
const QUIET_MS = 150;

export interface DiagnosticNeeds {
  readonly folder: vscode.WorkspaceFolder | null;
  readonly stateOf: (document: vscode.TextDocument) => ProjectState;
  readonly sidecar: Sidecar;
  readonly log: Log;
  /** @returns stops the listener. */
  readonly onChange: (listener: () => void) => () => void;
}

/**
 * Findings of `training.yaml` in the Problems view. The schema judges at once, with or without a sidecar; when it
 * finds nothing wrong and a sidecar is connected, that one adds what only it can know, such as data that is missing.
 */
export const registerDiagnostics = (needs: DiagnosticNeeds): vscode.Disposable => {
  const collection = vscode.languages.createDiagnosticCollection(language);
  const timers = new Map<string, NodeJS.Timeout>();
  const judge = async (document: vscode.TextDocument) => {
    const { version } = document;
    const found = diagnose(document.getText(), needs.stateOf(document)).map((finding) =>
      toDiagnostic(finding, document),
    );
    collection.set(document.uri, found);
    if (found.some(({ severity }) => severity === vscode.DiagnosticSeverity.Error)) return;
    const more = await askSidecar(needs, document);
    if (document.version === version && !document.isClosed) collection.set(document.uri, [...found, ...more]);
  };
  const soon = (document: vscode.TextDocument) => {
    if (document.languageId !== language || document.uri.scheme === 'git') return;
    const key = document.uri.toString();
    clearTimeout(timers.get(key));
    timers.set(
      key,
      setTimeout(() => void judge(document), QUIET_MS),
    );
  };
  const all = () => {
    for (const document of vscode.workspace.textDocuments) soon(document);
  };
  all();
  // Only what findings depend on: other events of a run would judge the same text again and again.
  let known = '';
  const stopProject = needs.onChange(() => {
    const now = JSON.stringify(
      vscode.workspace.textDocuments.map((document) => {
        const { devices, datasets, modelFiles } = needs.stateOf(document);
        const versions = datasets?.map(({ path, version }) => `${path}@${version}`);
        return [devices?.map(({ id }) => id), versions, modelFiles];
      }),
    );
    if (now !== known) all();
    known = now;
  });
  return vscode.Disposable.from(
    collection,
    vscode.workspace.onDidOpenTextDocument(soon),
    vscode.workspace.onDidChangeTextDocument(({ document }) => soon(document)),
    vscode.workspace.onDidCloseTextDocument(({ uri }) => collection.delete(uri)),
    new vscode.Disposable(() => {
      stopProject();
      for (const timer of timers.values()) clearTimeout(timer);
    }),
  );
};

const severities = {
  error: vscode.DiagnosticSeverity.Error,
  warning: vscode.DiagnosticSeverity.Warning,
  information: vscode.DiagnosticSeverity.Information,
};

const toDiagnostic = (finding: Finding, document: vscode.TextDocument): vscode.Diagnostic => {
  const diagnostic = new vscode.Diagnostic(
    toRange(document, finding.span),
    finding.message,
    severities[finding.severity],
  );
  diagnostic.source = 'Trainyard';
  if (finding.origin !== null) {
    const written = new vscode.Location(document.uri, toRange(document, finding.origin));
    diagnostic.relatedInformation = [new vscode.DiagnosticRelatedInformation(written, 'It is written here')];
  }
  return diagnostic;
};

const askSidecar = async (
  needs: DiagnosticNeeds,
  document: vscode.TextDocument,
): Promise<readonly vscode.Diagnostic[]> => {
  const client = needs.sidecar.client();
  const path = needs.folder === null ? null : pathIn(needs.folder, document.uri);
  if (client === null || path === null) return [];
  try {
    const { findings } = await client.validateConfiguration({ path, text: document.getText() });
    return findings.map((fault) => fromFault(fault, document));
  } catch (error) {
    needs.log.warn(`${path} could not be checked by the sidecar: ${sayFault(error)}`);
    return [];
  }
};

const fromFault = (fault: FaultReport, document: vscode.TextDocument): vscode.Diagnostic => {
  const range = rangeOf(fault.places?.[0], document);
  const message = fault.hint === undefined ? fault.message : `${fault.message} ${fault.hint}`;
  const diagnostic = new vscode.Diagnostic(range, message, vscode.DiagnosticSeverity.Warning);
  diagnostic.source = 'Trainyard';
  diagnostic.code = fault.code;
  return diagnostic;
};
