import * as vscode from 'vscode';
import type { DataUse } from '../../sidecar/contract/data-upkeep.ts';
import type { DatasetVersion } from '../../sidecar/contract/dataset.ts';
import { pathIn } from '../folder.ts';
import type { LiveProject } from '../sidecar/events.ts';
import { sayFault } from '../sidecar/fault.ts';
import type { Sidecar } from '../sidecar/process.ts';
import { bytesNamedAt, explainVersion, hoverCommands } from './pointer-hover.ts';
import type { LiveDataStates } from './states.ts';

export interface PointerHoverNeeds {
  readonly folder: vscode.WorkspaceFolder | null;
  readonly sidecar: Pick<Sidecar, 'client'>;
  readonly live: LiveProject;
  readonly states: LiveDataStates;
  readonly log: { readonly warn: (text: string) => void };
}

/** Says of a hash in a `.dvc` file which version it is; of an older text that Git shows, too. */
export const registerPointerHover = ({ folder, sidecar, live, states, log }: PointerHoverNeeds): vscode.Disposable => {
  const useOf = async ({ hash }: DatasetVersion): Promise<DataUse | null> => {
    try {
      return (await sidecar.client()?.listDataUse({ version: hash })) ?? null;
    } catch (error) {
      log.warn(`The runs of a version are not known: ${sayFault(error)}`);
      return null;
    }
  };
  return vscode.languages.registerHoverProvider(
    { pattern: '**/*.dvc' },
    {
      provideHover: async (document, { line, character }) => {
        const named = bytesNamedAt(document.getText(), line);
        if (named === null || character < named.start || character > named.end) return null;
        const pointer = folder === null ? null : pathIn(folder, document.uri.with({ scheme: folder.uri.scheme }));
        const { datasets } = live.current();
        const own = datasets.filter((dataset) => dataset.pointer === pointer);
        const state = own[0] === undefined ? undefined : states.current().get(own[0].path);
        const isOnDisk = document.uri.scheme === folder?.uri.scheme && !document.isDirty;
        const version =
          named.version === null
            ? own.find((one) => isOnDisk && one.version === state?.version)
            : own.find(({ hash }) => hash === named.version);
        if (version === undefined) return null;
        const use = await useOf(version);
        const text = new vscode.MarkdownString(explainVersion({ version, datasets, state, use, now: Date.now() }));
        text.isTrusted = { enabledCommands: hoverCommands };
        return new vscode.Hover(text, new vscode.Range(line, named.start, line, named.end));
      },
    },
  );
};
