import { FaultReport, type Place } from '../../sidecar/contract/fault.ts';

/** What went wrong, in words for a person. */
export interface SaidFault {
  /** From the closed table; null for a bug. */
  readonly code: FaultReport['code'] | null;
  readonly message: string;
  readonly hint: string | null;
  readonly places: readonly Place[];
}

/** Any caught value: a fault with its code and hint, or a bug with its message. */
export const readFault = (error: unknown): SaidFault => {
  const report = FaultReport.safeParse(error);
  if (report.success) {
    const { code, message, hint, places } = report.data;
    return { code, message, hint: hint ?? null, places: places ?? [] };
  }
  const message = error instanceof Error ? error.message : String(error);
  return { code: null, message, hint: null, places: [] };
};

/** The sentence and the hint in one line. */
export const sayFault = (error: unknown): string => {
  const { message, hint } = readFault(error);
  return hint === null ? message : `${message} ${hint}`;
};
