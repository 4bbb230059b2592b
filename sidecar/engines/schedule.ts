import type { Schedule } from './engine.ts';

export interface ScheduleMoment {
  /** Batches of the training before this one. */
  readonly step: number;
  readonly stepsPerEpoch: number;
  readonly epochs: number;
  /** How often a plateau was met so far. */
  readonly plateaus: number;
}

type Course = (schedule: Schedule, moment: ScheduleMoment) => number;

const epochsOf = ({ step, stepsPerEpoch }: ScheduleMoment): number => step / stepsPerEpoch;

const halfCosine = (from: number, to: number, share: number): number =>
  to + ((from - to) * (1 + Math.cos(Math.PI * share))) / 2;

const clamp = (share: number): number => Math.min(Math.max(share, 0), 1);

/** Share of the rise, and the rates at both ends; torch has the same. */
const cycle = { rise: 0.3, start: 1 / 25, end: 1 / 25e4 };

/** Source: torch.optim.lr_scheduler.OneCycleLR with its defaults, where the last step has the lowest rate. */
const oneCycle: Course = (_, { step, stepsPerEpoch, epochs }) => {
  const last = epochs * stepsPerEpoch - 1;
  const top = Math.max(cycle.rise * (last + 1) - 1, 0);
  return step <= top && top > 0
    ? halfCosine(cycle.start, 1, step / top)
    : halfCosine(1, cycle.end, clamp((step - top) / Math.max(last - top, 1)));
};

/** What the learning rate is multiplied by, by type. */
const courses: Readonly<Record<Schedule['type'], Course>> = {
  constant: () => 1,
  step: ({ factor = 0.1, stepEpochs = 10 }, moment) => factor ** Math.floor(epochsOf(moment) / stepEpochs),
  cosine: ({ warmupEpochs = 0 }, moment) =>
    halfCosine(1, 0, clamp((epochsOf(moment) - warmupEpochs) / Math.max(moment.epochs - warmupEpochs, 1e-9))),
  onecycle: oneCycle,
  plateau: ({ factor = 0.1 }, { plateaus }) => factor ** plateaus,
};

/** The learning rate of a step, given where training stands before it. */
export const learningRateAt = (schedule: Schedule, base: number, moment: ScheduleMoment): number => {
  const { warmupEpochs = 0 } = schedule;
  const epoch = epochsOf(moment);
  const warm = epoch < warmupEpochs ? epoch / warmupEpochs : 1;
  return base * warm * courses[schedule.type](schedule, moment);
};
