import type { IncomingHttpHeaders } from 'node:http';
import type { Codec } from './codec.ts';
import type { OutputTensor } from './inference-messages.ts';
import type { Outcome } from './outcomes.ts';
import type { Reply } from './reply.ts';
import type { Rows } from './rows.ts';
import type { ServedModel } from './served-model.ts';

/** One prediction request that was answered, for the watch. */
export interface Observation extends Rows {
  readonly model: ServedModel;
  readonly ids: readonly string[];
  readonly outcomes: () => readonly Outcome[];
}

/** A label that arrived after the prediction it belongs to. */
export interface PostedLabel {
  readonly id: string;
  readonly label: string | number;
}

/** How many labels found their prediction, and the accuracy on all that did so far. */
export interface LabelReceipt {
  readonly accepted: number;
  readonly unknown: readonly string[];
  readonly realized: {
    readonly rows: number;
    readonly accuracy: number | null;
    readonly low: number | null;
    readonly high: number | null;
  };
}

/** What a route may use to answer. */
export interface Call {
  /** Leased for the time of the call: a swap meanwhile does not take it away. */
  readonly model: ServedModel;
  readonly codec: Codec;
  readonly params: Readonly<Record<string, string>>;
  readonly headers: IncomingHttpHeaders;
  /** Media type of the body without parameters, in lower case; empty when none was sent. */
  readonly type: string;
  readonly body: Buffer;
  readonly label: (labels: readonly PostedLabel[]) => LabelReceipt;
  /** Runs the model and hands the rows to the watch. */
  readonly compute: (rows: Rows, id: string) => Promise<Computed>;
}

export interface Computed {
  readonly outputs: readonly OutputTensor[];
  readonly ids: readonly string[];
  readonly outcomes: () => readonly Outcome[];
}

/** Traffic since the endpoint was opened. */
export interface TrafficFigures {
  readonly requests: number;
  readonly errors: number;
  readonly rows: number;
  readonly latencyMs: { readonly p50: number | null; readonly p95: number | null };
  readonly lastRequestAt: number | null;
}

/** One line of the table that requests are answered by, and that the OpenAPI document is made from. */
export interface Route {
  readonly method: 'GET' | 'POST';
  /** As OpenAPI writes it: `/v2/models/{model}/infer`. */
  readonly path: string;
  readonly summary: string;
  /** Media types of the body; `''` where a missing one is taken too. */
  readonly accepts?: readonly string[];
  /** Counted as a prediction: in the figures, in the metrics, in the watch. */
  readonly predicts?: true;
  /** Largest body in bytes. */
  readonly limit?: number;
  readonly request?: object;
  readonly response?: object;
  readonly answer: (call: Call) => Reply | Promise<Reply>;
}
