import { open, type FileHandle } from 'node:fs/promises';
import { splitLines } from './lines.ts';
import { readMetricLine, type CommandMetric } from './metric-line.ts';

const lookEveryMs = 200;
const longestLine = 1_000_000;

/**
 * Follows a `metrics.jsonl` while it grows and hands on every metric, at most 200 ms after its line is complete. The file
 * may come later, or never. A line that cannot be read is a warning with its number, never a failure.
 * `stop` reads what is left, the last line without its end too.
 */
export const followMetrics = ({
  file,
  onMetric,
  onWarning,
}: {
  readonly file: string;
  readonly onMetric: (metric: CommandMetric) => void;
  readonly onWarning: (warning: string) => void;
}): { readonly stop: () => Promise<void> } => {
  let number = 0;
  const lines = splitLines((line) => {
    number++;
    if (line.trim() === '') return;
    const read = readMetricLine(line, number - 1);
    if ('problem' in read) onWarning(`Line ${number} of metrics.jsonl ${read.problem}.`);
    else read.forEach(onMetric);
  }, longestLine);

  let handle: FileHandle | undefined;
  let offset = 0;
  const buffer = Buffer.alloc(65_536);
  const readOn = async (): Promise<void> => {
    handle ??= await openIfThere(file);
    if (handle === undefined) return;
    for (;;) {
      const { bytesRead } = await handle.read(buffer, 0, buffer.length, offset);
      if (bytesRead === 0) return;
      offset += bytesRead;
      lines.push(buffer.subarray(0, bytesRead));
    }
  };

  let reading: Promise<void> | undefined;
  let isReadable = true;
  const giveUp = (error: unknown) => {
    isReadable = false;
    onWarning(`metrics.jsonl cannot be read: ${error instanceof Error ? error.message : String(error)}.`);
  };
  const readOnce = async (): Promise<void> => {
    if (!isReadable) return;
    await (reading ??= readOn()
      .catch(giveUp)
      .finally(() => (reading = undefined)));
  };
  const timer = setInterval(() => void readOnce(), lookEveryMs);

  return {
    stop: async () => {
      clearInterval(timer);
      await readOnce();
      // The one above may have joined a read that had begun before the last line was written.
      await readOnce();
      lines.end();
      await handle?.close();
    },
  };
};

const openIfThere = async (file: string): Promise<FileHandle | undefined> => {
  try {
    return await open(file, 'r');
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return undefined;
    throw error;
  }
};
