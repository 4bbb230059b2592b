/** An answer before it is written to the socket. */
export interface Reply {
  readonly status: number;
  readonly type: string;
  readonly body: string | Buffer;
  readonly headers?: Readonly<Record<string, string>>;
}

export const JSON_TYPE = 'application/json';

export const jsonReply = (value: unknown, status = 200): Reply => ({
  status,
  // Exactly this: with a charset behind it, the KServe client does not show the text of an error.
  type: JSON_TYPE,
  body: JSON.stringify(value),
});

/** A request that cannot be answered as asked: a status and a sentence for the caller. */
export class Refusal extends Error {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;

  constructor(status: number, message: string, headers: Readonly<Record<string, string>> = {}) {
    super(message);
    this.name = 'Refusal';
    this.status = status;
    this.headers = headers;
  }
}

export const badRequest = (message: string) => new Refusal(400, message);

/** Every error body holds `error`, without which Open Inference clients hide the cause. */
export const refusalReply = (refusal: Refusal, path = ''): Reply => ({
  ...jsonReply(
    path === '/invocations'
      ? { error_code: mlflowCode(refusal.status), message: refusal.message, error: refusal.message }
      : { error: refusal.message },
    refusal.status,
  ),
  headers: refusal.headers,
});

/** MLflow's clients look at a code in words. */
const mlflowCode = (status: number): string => {
  if (status === 503) return 'TEMPORARILY_UNAVAILABLE';
  return status < 500 ? 'BAD_REQUEST' : 'INTERNAL_ERROR';
};
