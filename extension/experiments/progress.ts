import type { StageName } from '../../sidecar/contract/ids.ts';
import type { RunSummary, StageRecord } from '../../sidecar/contract/run.ts';
import { showDuration, showNumber } from '../format.ts';

/** How much of a run's time a stage usually takes; training is nearly all of it. */
const shares: Readonly<Record<StageName, number>> = {
  version: 0.04,
  featurize: 0.08,
  train: 0.76,
  evaluate: 0.06,
  gate: 0.01,
  register: 0.02,
  deploy: 0.02,
  monitor: 0.01,
};

const ended = new Set(['done', 'reused', 'held', 'skipped']);

/** How far a run is, 0 to 1; never more than the stages that have ended and the part of the one that runs. */
export const fractionOf = ({ stages }: Pick<RunSummary, 'stages'>): number => {
  const total = stages.reduce((sum, { stage }) => sum + shares[stage], 0);
  const passed = stages.reduce((sum, { stage, status, fraction }) => {
    if (ended.has(status)) return sum + shares[stage];
    return status === 'running' ? sum + shares[stage] * (fraction ?? 0) : sum;
  }, 0);
  return total === 0 ? 0 : passed / total;
};

/** What a run is doing, in a few words: `train · epoch 7/20 · ~12 m left · val_accuracy 0.9812`. */
export const sayProgress = (run: RunSummary): string => {
  if (run.status === 'queued') return 'waiting for another run';
  const stage = run.stages.find(({ status }) => status === 'running');
  const doing = stage?.stage === 'train' ? sayEpoch(run) : stage?.note;
  const parts = [stage?.stage, doing, sayRemaining(stage), sayMetric(run)];
  return parts.filter((part) => part !== undefined && part !== null).join(' · ');
};

const sayEpoch = ({ epoch, epochs }: RunSummary): string | null =>
  epoch === null || epochs === null ? null : `epoch ${epoch}/${epochs}`;

const sayRemaining = (stage: StageRecord | undefined): string | null =>
  stage?.remainingMs === undefined ? null : `~${showDuration(stage.remainingMs)} left`;

const sayMetric = ({ metric }: RunSummary): string | null =>
  metric === null ? null : `${metric.name} ${showNumber(metric.value)}`;
