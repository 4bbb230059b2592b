import * as vscode from 'vscode';
import type { CheckVerdict, DataCheck } from '../../sidecar/contract/data-check.ts';
import type { Place } from '../../sidecar/contract/fault.ts';
import type { RunSummary } from '../../sidecar/contract/run.ts';
import { language } from '../ids.ts';
import { rangeOf } from '../intellisense/ranges.ts';
import { readFault, sayFault } from '../sidecar/fault.ts';
import type { Sidecar } from '../sidecar/process.ts';
import { conditionOf, sayBroken } from './quality-text.ts';

/** Marks of broken conditions of `data.checks` in their files. */
export interface CheckMarks {
  /** What was found, in place of earlier marks of these configurations. */
  readonly show: (checks: readonly DataCheck[]) => Promise<void>;
  /** Marks the conditions for which a push or a merge was refused; any other error leaves the marks as they are. */
  readonly showRefusal: (error: unknown) => Promise<void>;
  readonly dispose: () => void;
}

export interface CheckMarkNeeds {
  readonly folder: vscode.WorkspaceFolder | null;
  readonly sidecar: Pick<Sidecar, 'onEvent'>;
  readonly log: { readonly warn: (text: string) => void };
}

interface Mark {
  readonly place: Place;
  readonly message: string;
  readonly severity: vscode.DiagnosticSeverity;
}

/** A mark stays as long as it is known to be true: until its text changes, or the data on disk. */
export const registerCheckMarks = ({ folder, sidecar, log }: CheckMarkNeeds): CheckMarks => {
  const shown = vscode.languages.createDiagnosticCollection(`${language}-data`);
  /** Configurations with marks, and the path of the data that was judged; null for what a run or a push was made of. */
  const judged = new Map<string, { readonly uri: vscode.Uri; readonly data: string | null }>();
  const forget = (uri: vscode.Uri) => {
    shown.delete(uri);
    judged.delete(uri.toString());
  };
  const put = async (file: string, data: string | null, marks: readonly Mark[]) => {
    if (folder === null) return;
    const uri = vscode.Uri.joinPath(folder.uri, file);
    const document = await vscode.workspace.openTextDocument(uri);
    shown.set(
      uri,
      marks.map((mark) => toDiagnostic(mark, document)),
    );
    judged.set(uri.toString(), { uri, data });
  };
  const showHeld = ({ id, configuration, reasons }: RunSummary) => {
    const marks = reasons.flatMap((reason): Mark[] => {
      const broken = conditionOf(reason);
      if (broken === null) return [];
      const place = { file: configuration, path: ['data', 'checks', broken.index] };
      return [{ place, message: `${broken.text} Run ${id} is held by it.`, severity: severities.block }];
    });
    if (marks.length === 0) return;
    put(configuration, null, marks).catch((error: unknown) =>
      log.warn(`What holds ${id} could not be marked: ${sayFault(error)}`),
    );
  };
  const stop = sidecar.onEvent((event) => {
    if (event.type === 'runChanged' && event.run.status === 'held') showHeld(event.run);
    if (event.type !== 'dataTouched') return;
    for (const { uri, data } of [...judged.values()]) if (data === null || data === event.path) forget(uri);
  });
  const changed = vscode.workspace.onDidChangeTextDocument(({ document, contentChanges }) => {
    if (contentChanges.length > 0) forget(document.uri);
  });
  return {
    show: async (checks) => {
      for (const { configuration, data, state, verdicts } of checks) {
        const broken = verdicts.filter(({ passed }) => !passed);
        await put(
          configuration,
          data,
          broken.map((verdict) => toMark(verdict, state)),
        );
      }
    },
    showRefusal: async (error) => {
      const { code, message, places } = readFault(error);
      if (code !== 'data-check-failed') return;
      for (const [file, all] of Map.groupBy(places, (place) => place.file)) {
        await put(
          file,
          null,
          all.map((place) => ({ place, message, severity: severities.block })),
        );
      }
    },
    dispose: () => {
      shown.dispose();
      changed.dispose();
      stop();
    },
  };
};

const severities = { block: vscode.DiagnosticSeverity.Error, warn: vscode.DiagnosticSeverity.Warning };

const toMark = (verdict: CheckVerdict, state: string): Mark => ({
  place: verdict.place,
  message: sayBroken(verdict, state),
  severity: severities[verdict.onFail],
});

const toDiagnostic = ({ place, message, severity }: Mark, document: vscode.TextDocument): vscode.Diagnostic => {
  const diagnostic = new vscode.Diagnostic(rangeOf(place, document), message, severity);
  diagnostic.source = 'Trainyard';
  diagnostic.code = 'data.checks';
  return diagnostic;
};
