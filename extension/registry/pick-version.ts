import * as vscode from 'vscode';
import type { ModelEntry } from '../../sidecar/contract/model.ts';
import { showNumber } from '../format.ts';

/** Asks for a registered version. @returns null when nothing was picked. */
export const pickVersion = async (models: readonly ModelEntry[], placeHolder: string): Promise<ModelEntry | null> => {
  const items = models
    .toSorted((left, right) => left.name.localeCompare(right.name) || right.version - left.version)
    .map((entry) => ({ entry, label: `${entry.name} v${entry.version}`, description: describe(entry) }));
  return (await vscode.window.showQuickPick(items, { placeHolder, matchOnDescription: true }))?.entry ?? null;
};

const describe = ({ aliases, measures, run }: ModelEntry): string => {
  const measure = measures.find(({ value }) => value !== null);
  const figure = measure?.value == null ? [] : [`${measure.name} ${showNumber(measure.value)}`];
  return [...aliases, ...figure, run].join(' · ');
};
