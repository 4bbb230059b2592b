import type { Schedule } from '../engine.ts';

export interface ScheduleMoment {
  /** Epochs since the start, with the part of the running one. */
  readonly epoch: number;
  readonly epochs: number;
  /** How often a plateau was met so far. */
  readonly plateaus: number;
}

type Course = (schedule: Schedule, moment: ScheduleMoment) => number;

const shareDone = ({ epoch, epochs }: ScheduleMoment, from: number): number =>
  Math.min(Math.max((epoch - from) / Math.max(epochs - from, 1e-9), 0), 1);

const halfCosine = (from: number, to: number, share: number): number =>
  to + ((from - to) * (1 + Math.cos(Math.PI * share))) / 2;

/** Share of the rise, and the rates at both ends. Source: torch.optim.lr_scheduler.OneCycleLR. */
const cycle = { rise: 0.3, start: 1 / 25, end: 1 / 25e4 };

/** What the learning rate is multiplied by, by type. */
const courses: Readonly<Record<Schedule['type'], Course>> = {
  constant: () => 1,
  step: ({ factor = 0.1, stepEpochs = 10 }, { epoch }) => factor ** Math.floor(epoch / stepEpochs),
  cosine: ({ warmupEpochs = 0 }, moment) => halfCosine(1, 0, shareDone(moment, warmupEpochs)),
  onecycle: (_, moment) => {
    const share = shareDone(moment, 0);
    return share < cycle.rise
      ? halfCosine(cycle.start, 1, share / cycle.rise)
      : halfCosine(1, cycle.end, (share - cycle.rise) / (1 - cycle.rise));
  },
  plateau: ({ factor = 0.1 }, { plateaus }) => factor ** plateaus,
};

/** The learning rate of a step, given where training stands before it. */
export const learningRateAt = (schedule: Schedule, base: number, moment: ScheduleMoment): number => {
  const { warmupEpochs = 0 } = schedule;
  const warm = moment.epoch < warmupEpochs ? moment.epoch / warmupEpochs : 1;
  return base * warm * courses[schedule.type](schedule, moment);
};
