import { describe, expect, test } from 'vitest';
import { copyBatches } from '../../../sidecar/datasets/batches.ts';
import type { Checkpoint, Checkpoints, NamedTensors } from '../../../sidecar/engines/checkpoint.ts';
import type { Engine, Trained, TrainingPlan, TrainingWatch } from '../../../sidecar/engines/engine.ts';
import { createRandom, deriveSeed } from '../../../sidecar/graph/random.ts';
import { clusters, createWatch, rowsOf, taskOf, type Rows, type Task } from './rows.ts';

const copied = (tensors: NamedTensors): NamedTensors =>
  new Map(Array.from(tensors, ([name, data]) => [name, Float32Array.from(data)]));

/** Keeps the newest checkpoint in memory; one is due at every epoch's end and every third time that is asked. */
const inMemory = (last?: Checkpoint) => {
  let newest = last;
  let asked = 0;
  const checkpoints: Checkpoints = {
    last,
    isDue: (endOf) => {
      asked += 1;
      return endOf !== undefined || asked % 3 === 0;
    },
    keep: ({ standing, state, best }) => {
      newest = { standing: structuredClone(standing), state: copied(state), best: copied(best) };
    },
  };
  return { checkpoints, newest: () => newest };
};

/** The rows with noise that follows from seed, epoch and place, as augmented images have it. */
const noisy = (rows: Rows): Rows => ({
  ...rows,
  batches: (order) => {
    const plain = copyBatches(rows.read, order);
    let batch = order.first;
    return {
      ...plain,
      next: (inputs, targets) => {
        plain.next(inputs, targets);
        const { normal } = createRandom(deriveSeed(order.seed, order.epoch, batch++));
        for (let index = 0; index < inputs.length; index += 1) inputs[index]! += 0.1 * normal();
      },
    };
  },
});

const images = (rows: number, seed: number): Rows => {
  const { normal } = createRandom(seed);
  return rowsOf(
    Array.from({ length: rows }, () => Array.from({ length: 36 }, normal)),
    Array.from({ length: rows }, (_, row) => row % 3),
  );
};

/** Stops the training when it tells its n-th loss or accuracy, be that of a step or of an epoch. */
const stopAtWord = (word: number, checkpoints: Checkpoints): TrainingWatch => {
  const stop = new AbortController();
  let said = 0;
  const count: TrainingWatch['metric'] = ({ name }) => {
    if (name !== 'learning_rate') said += 1;
    if (said === word) stop.abort(new Error('stopped'));
  };
  return { signal: stop.signal, metric: count, progress: () => undefined, checkpoints };
};

const tasks: Readonly<Record<string, () => Task>> = {
  'dropout, Adam and a cosine': () =>
    taskOf(
      noisy(clusters(11, 1)),
      { outputs: 3, params: { hidden: [5], dropout: 0.4 } },
      { epochs: 3, batchSize: 4, schedule: { type: 'cosine', warmupEpochs: 1 } },
    ),
  'batch normalization, momentum and a learning rate that falls on plateaus': () =>
    taskOf(
      noisy(images(11, 1)),
      { architecture: 'cnn', inputShape: [1, 6, 6], outputs: 3, params: { channels: [2], hidden: [4], dropout: 0.2 } },
      {
        epochs: 4,
        batchSize: 4,
        learningRate: 0.5,
        optimizer: { type: 'sgd', momentum: 0.9, weightDecay: 0.01 },
        schedule: { type: 'plateau', stepEpochs: 1, factor: 0.5 },
        earlyStopping: { metric: 'val_loss', patience: 2 },
      },
      images(5, 2),
    ),
};

/** Everything at once. */
const gathering = (): Task =>
  taskOf(
    noisy(clusters(14, 1)),
    { outputs: 3, params: { hidden: [5], dropout: 0.2 } },
    {
      epochs: 2,
      batchSize: 3,
      accumulate: 2,
      averageDecay: 0.9,
      gradientClip: 1,
      labelSmoothing: 0.1,
      schedule: { type: 'onecycle' },
    },
    clusters(5, 2),
  );

const summaryOf = ({ epochsRun, bestEpoch, steps, metrics }: Trained) => ({ epochsRun, bestEpoch, steps, metrics });

const trainWith = (engine: Engine, task: Task, watch: TrainingWatch) => engine.train(task.plan, task.data, watch);

/** Interrupted training ends as if nothing had been. */
export const describeResume = (engine: Engine): void => {
  describe(`a training that goes on from its checkpoint with ${engine.name}`, () => {
    test.each(Object.entries({ ...tasks, 'gathered gradients and a moving average': gathering }))(
      'ends with the same bytes wherever it was stopped: %s',
      async (_, taskIn) => {
        const whole = createWatch();
        const expected = await trainWith(engine, taskIn(), whole.watch);
        for (let word = 1; word <= whole.points.length - whole.valuesOf('learning_rate').length; word += 1) {
          const before = inMemory();
          const stopped = trainWith(engine, taskIn(), stopAtWord(word, before.checkpoints));
          const early = await stopped.then(
            () => 'ended',
            (error: unknown) => (error as Error).message,
          );
          // The last words are said when nothing is left to be stopped.
          if (early === 'ended') continue;
          expect(early).toBe('stopped');
          const { watch } = createWatch();
          const resumed = await trainWith(engine, taskIn(), {
            ...watch,
            checkpoints: inMemory(before.newest()).checkpoints,
          });
          expect(resumed.model, `stopped at word ${word}`).toEqual(expected.model);
          expect(summaryOf(resumed)).toEqual(summaryOf(expected));
        }
      },
    );

    test('goes on from an older checkpoint as well, as after a crash', async () => {
      const kept: Checkpoint[] = [];
      const all: Checkpoints = {
        last: undefined,
        isDue: () => true,
        keep: ({ standing, state, best }) => kept.push({ standing, state: copied(state), best: copied(best) }),
      };
      const expected = await trainWith(engine, aTask(), { ...createWatch().watch, checkpoints: all });
      expect(kept.length).toBeGreaterThan(9);
      for (const last of kept) {
        const checkpoints = inMemory(last).checkpoints;
        expect((await trainWith(engine, aTask(), { ...createWatch().watch, checkpoints })).model).toEqual(
          expected.model,
        );
      }
    });

    test('tells the rest of each curve, and nothing twice', async () => {
      const whole = createWatch();
      await trainWith(engine, aTask(), whole.watch);
      const [before, after] = [inMemory(), createWatch()];
      const stopped = stopAtWord(6, before.checkpoints);
      const first: unknown[] = [];
      await trainWith(engine, aTask(), {
        ...stopped,
        metric: (point) => {
          first.push(point);
          stopped.metric(point);
        },
      }).catch(() => undefined);
      await trainWith(engine, aTask(), { ...after.watch, checkpoints: inMemory(before.newest()).checkpoints });
      expect([...first, ...after.points]).toEqual(whole.points);
    });

    test('refuses a state of another model', async () => {
      const kept = inMemory();
      await trainWith(engine, aTask(), { ...createWatch().watch, checkpoints: kept.checkpoints });
      const other = taskOf(clusters(11, 1), { outputs: 3, params: { hidden: [6] } }, planOf(aTask()));
      const { checkpoints } = inMemory(kept.newest());
      await expect(trainWith(engine, other, { ...createWatch().watch, checkpoints })).rejects.toThrow(RangeError);
    });
  });
};

const aTask = (): Task => tasks['dropout, Adam and a cosine']!();

const planOf = ({ plan: { epochs, batchSize, schedule } }: Task): Partial<TrainingPlan> => ({
  epochs,
  batchSize,
  schedule: schedule!,
});
