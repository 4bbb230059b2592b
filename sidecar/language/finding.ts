import type { Span } from './span.ts';

export interface Edit {
  readonly span: Span;
  readonly text: string;
}

/** A change that ends a finding. */
export interface Fix {
  readonly title: string;
  readonly edits: readonly Edit[];
  readonly preferred: boolean;
}

export interface Finding {
  readonly severity: 'error' | 'warning' | 'information';
  readonly message: string;
  readonly span: Span;
  readonly fixes: readonly Fix[];
  /** Where the value is written when an alias or a merge brought it here. */
  readonly origin: Span | null;
}
