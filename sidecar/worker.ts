import { Fault, reportFault, explainDiskError } from './faults.ts';
import type { Job, JobContext } from './pipeline/job.ts';
import type { Order, Word } from './work/messages.ts';

/**
 * The third door: a child process that does one piece of heavy work and ends.
 * Jobs are loaded when asked for, so that hashing files does not load a numerical runtime.
 */
const jobs: Readonly<Record<string, () => Promise<Job<never, unknown>>>> = {
  devices: async () => (await import('./engines/devices-job.ts')).devicesJob,
  tfjs: async () => (await import('./engines/tfjs/probe-job.ts')).tfjsJob,
  fetch: async () => (await import('./pipeline/1-version/fetch-job.ts')).fetchJob,
  snapshot: async () => (await import('./pipeline/1-version/job.ts')).snapshotJob,
  restore: async () => (await import('./pipeline/1-version/restore-job.ts')).restoreJob,
  'undo-restore': async () => (await import('./pipeline/1-version/undo-restore-job.ts')).undoRestoreJob,
  status: async () => (await import('./pipeline/1-version/status-job.ts')).statusJob,
  verify: async () => (await import('./pipeline/1-version/verify-job.ts')).verifyJob,
  difference: async () => (await import('./pipeline/1-version/difference-job.ts')).differenceJob,
  'check-data': async () => (await import('./pipeline/1-version/check-job.ts')).checkDataJob,
  'compare-data': async () => (await import('./pipeline/1-version/compare-job.ts')).compareDataJob,
  import: async () => (await import('./pipeline/1-version/import-job.ts')).importJob,
  'write-cache': async () => (await import('./pipeline/1-version/write-cache-job.ts')).writeCacheJob,
  merge: async () => (await import('./pipeline/1-version/merge-job.ts')).mergeJob,
  'collect-data': async () => (await import('./pipeline/1-version/collect-job.ts')).collectJob,
  'collect-kept': async () => (await import('./pipeline/1-version/collect-kept-job.ts')).collectKeptJob,
  'verify-data': async () => (await import('./pipeline/1-version/verify-store-job.ts')).verifyStoreJob,
  push: async () => (await import('./pipeline/1-version/push-job.ts')).pushJob,
  'fetch-version': async () => (await import('./pipeline/1-version/fetch-version-job.ts')).fetchVersionJob,
  'remote-versions': async () => (await import('./pipeline/1-version/remote-versions-job.ts')).remoteVersionsJob,
  'collect-remote': async () => (await import('./pipeline/1-version/collect-remote-job.ts')).collectRemoteJob,
  'forget-remote': async () => (await import('./pipeline/1-version/forget-remote-job.ts')).forgetRemoteJob,
  'dvc-push': async () => (await import('./pipeline/1-version/dvc-push-job.ts')).dvcPushJob,
  'dvc-pull': async () => (await import('./pipeline/1-version/dvc-pull-job.ts')).dvcPullJob,
  featurize: async () => (await import('./pipeline/2-featurize/job.ts')).featurizeJob,
  train: async () => (await import('./pipeline/3-train/job.ts')).trainJob,
  evaluate: async () => (await import('./pipeline/4-evaluate/job.ts')).evaluateJob,
  compare: async () => (await import('./runs/compare-job.ts')).compareJob,
  reference: async () => (await import('./pipeline/7-deploy/job.ts')).referenceJob,
};

const stop = new AbortController();
/** A word that comes too late is for nobody: the sidecar has what it wanted, and this process is about to end. */
const tooLate = () => undefined;
const say = (word: Word): void => {
  if (process.connected) process.send?.(word, undefined, undefined, tooLate);
};

const context: JobContext = {
  signal: stop.signal,
  progress: (fraction, note, remainingMs) =>
    say({ type: 'progress', fraction, note, ...(remainingMs === undefined ? {} : { remainingMs }) }),
  metrics: (points) => say({ type: 'metrics', points }),
  log: (level, text) => say({ type: 'log', level, text }),
};

const work = async (name: string, input: unknown): Promise<Word> => {
  try {
    const load = jobs[name];
    if (load === undefined) throw new Error(`There is no job “${name}”.`);
    const job = (await load()) as Job<unknown, unknown>;
    return { type: 'result', output: await job(input, context) };
  } catch (thrown) {
    if (stop.signal.aborted) return { type: 'fault', fault: { code: 'cancelled', message: 'Cancelled.' } };
    const error = explainDiskError(thrown, 'the workspace');
    return error instanceof Fault
      ? { type: 'fault', fault: reportFault(error) }
      : { type: 'bug', stack: error instanceof Error ? (error.stack ?? error.message) : String(error) };
  }
};

process.on('message', (order: Order) => {
  if (order.type === 'abort') return stop.abort(new Fault('cancelled', 'Cancelled.'));
  void work(order.job, order.input).then(say);
});
// The sidecar is gone or has what it wanted: nothing of ours may stay behind.
process.on('disconnect', () => process.exit(0));
say({ type: 'ready' });
