import { RunId } from '../../sidecar/contract/ids.ts';
import type { CommandId } from '../ids.ts';

/** What a row is about: what a command gets when it is called from the row. */
export type Subject =
  | { readonly kind: 'run'; readonly run: RunId }
  | { readonly kind: 'model'; readonly model: string }
  | { readonly kind: 'version'; readonly model: string; readonly version: number }
  | { readonly kind: 'dataset'; readonly dataset: string; readonly path: string }
  | { readonly kind: 'dataVersion'; readonly dataset: string; readonly version: number }
  /** Data that DVC has versioned and that has no version here yet. */
  | { readonly kind: 'trackedData'; readonly path: string }
  | { readonly kind: 'endpoint'; readonly endpoint: string }
  | { readonly kind: 'group' };

/** A row of a tree, as data. */
export interface Row {
  /** The same for the same thing at every redraw, so that selection and expansion survive. */
  readonly id: string;
  readonly label: string;
  readonly description: string;
  /** Markdown; null for none. */
  readonly tooltip: string | null;
  readonly icon: { readonly name: string; readonly color: string | null };
  /** `viewItem` of the menus. */
  readonly context: string;
  /** The row in words, for a screen reader. */
  readonly spoken: string;
  readonly opened: 'never' | 'collapsed' | 'expanded';
  readonly children: readonly Row[];
  readonly click: { readonly command: CommandId; readonly argument: unknown } | null;
  readonly subject: Subject;
}

/** A row without children that says one fact. */
export const factRow = (fact: {
  id: string;
  label: string;
  description?: string;
  icon: string;
  color?: string;
  tooltip?: string;
}): Row => ({
  id: fact.id,
  label: fact.label,
  description: fact.description ?? '',
  tooltip: fact.tooltip ?? null,
  icon: { name: fact.icon, color: fact.color ?? null },
  context: 'fact',
  spoken: [fact.label, fact.description].filter((part) => part !== undefined && part !== '').join(', '),
  opened: 'never',
  children: [],
  click: null,
  subject: { kind: 'group' },
});

const isRow = (value: unknown): value is Row =>
  typeof value === 'object' && value !== null && 'subject' in value && typeof value.subject === 'object';

/** What a command was called on, when that was a row. */
export const subjectOf = (argument: unknown): Subject | null => (isRow(argument) ? argument.subject : null);

/** The run that a command was called on: a row, or a run's id. */
export const runOf = (argument: unknown): RunId | null => {
  const subject = subjectOf(argument);
  if (subject?.kind === 'run') return subject.run;
  const id = RunId.safeParse(argument);
  return id.success ? id.data : null;
};
