import type { TrainingProgress } from '../../engines/engine.ts';
import { nvidiaLoad } from '../../engines/nvidia.ts';

/** What the machine does while it trains; apart from the metrics of the model by their prefix. */
export type SystemMetric = `system/${string}`;

interface SystemNeeds {
  readonly device: string;
  readonly metric: (point: { name: SystemMetric; step: number; epoch: number; value: number }) => void;
  /** Milliseconds between two measurements; default two seconds. */
  readonly everyMs?: number;
}

const EVERY_MS = 2_000;
const MEBIBYTE = 2 ** 20;

/**
 * Measures speed, waiting for data, processor, memory and, where training uses an NVIDIA card, that card, every two
 * seconds and at the last step. Call it at each progress.
 */
export const watchSystem = ({ device, metric, everyMs = EVERY_MS }: SystemNeeds) => {
  let [measuredAt, used] = [performance.now(), process.cpuUsage()];
  return (progress: TrainingProgress): void => {
    const passedMs = performance.now() - measuredAt;
    const { step, epoch, samplesPerSecond, waitShare } = progress;
    if (passedMs < everyMs && step < progress.steps) return;
    const { user, system } = process.cpuUsage(used);
    [measuredAt, used] = [performance.now(), process.cpuUsage()];
    const tell = (values: Readonly<Record<string, number>>) => {
      for (const [name, value] of Object.entries(values)) metric({ name: `system/${name}`, step, epoch, value });
    };
    tell({
      samples_per_second: samplesPerSecond,
      data_wait_percent: 100 * waitShare,
      // Of one core: two busy cores are 200.
      cpu_percent: (100 * (user + system)) / 1000 / passedMs,
      memory_mb: process.memoryUsage.rss() / MEBIBYTE,
    });
    const [kind, card = '0'] = device.split(':');
    if (kind === 'cuda') void nvidiaLoad(Number(card)).then((load) => load !== null && tell(load));
  };
};
