import type { JobContext, LogLevel } from '../../sidecar/pipeline/job.ts';

/** A context that keeps what work says. */
export const keepingContext = (signal = new AbortController().signal) => {
  const logs: { readonly level: LogLevel; readonly text: string }[] = [];
  const notes: string[] = [];
  const context: JobContext = {
    signal,
    progress: (_, note) => void notes.push(note),
    metrics: () => undefined,
    log: (level, text) => void logs.push({ level, text }),
  };
  return { context, logs, notes, said: () => logs.map(({ text }) => text).join('\n') };
};
