import type * as vscode from 'vscode';
import type { DataDifferenceRestore } from '../../webview/contract/data-difference.ts';
import type { Documents } from '../documents.ts';
import type { LiveProject } from '../sidecar/events.ts';
import type { Sidecar } from '../sidecar/process.ts';
import type { CheckMarks } from './register-check-marks.ts';
import type { LiveDataStates } from './states.ts';

/** What the commands on data need of the rest of the extension. */
export interface DataNeeds {
  readonly folder: vscode.WorkspaceFolder | null;
  readonly sidecar: Sidecar;
  readonly live: LiveProject;
  readonly states: LiveDataStates;
  readonly documents: Documents;
  readonly marks: CheckMarks;
  readonly openDifference: (difference: DataDifferenceRestore) => void;
}
