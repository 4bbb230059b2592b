import type { Normalization } from '../build.ts';

/** What a file must become. */
export interface ImportRequest {
  /** `[channels, height, width]` or `[columns]`, as rows come. */
  readonly inputShape: readonly number[];
  /** Classes, or 1 for a regression. */
  readonly outputs: number;
  readonly task: 'classification' | 'regression';
  /** Of fresh weights in the last layer. */
  readonly seed: number;
  readonly normalization: Normalization;
  /** `auto`: unless the file normalises by itself. */
  readonly normalize: 'auto' | 'always';
}

/** What the last layer must become: nothing else, two classes from one logit, or a layer of another width. */
export type Exit = 'as it is' | 'binary' | 'new head';
