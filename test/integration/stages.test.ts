import { rmSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { parse } from 'yaml';
import type { StageName } from '../../sidecar/contract/ids.ts';
import { Hash } from '../../sidecar/contract/ids.ts';
import { Training } from '../../sidecar/contract/training.ts';
import type { Stages } from '../../sidecar/pipeline/index.ts';
import type { Outcome, Stage, Start } from '../../sidecar/pipeline/stage.ts';
import { layoutOf } from '../../sidecar/workspace/layout.ts';
import { composeStages } from '../support/in-process-stages.ts';
import { describeStage, frozen, listeningContext, type StageCase } from '../support/stage-conformance.ts';
import { sharedFolder } from '../support/fresh-folder.ts';
import { halvesConfiguration, write, writeHalves } from '../support/workspace.ts';

type NeedsOf<Name extends StageName> = Parameters<Stages[Name]['run']>[0];
type GivesOf<Name extends StageName> = Stages[Name] extends Stage<never, infer Gives> ? Gives : never;
type Walked = { readonly [Name in StageName]: StageCase<NeedsOf<Name>, GivesOf<Name>> };

const gates = 'gates: [{metric: accuracy, at_least: 0.5}]\n';
const otherHash = Hash.parse('e'.repeat(64));

const startOf = (root: string, configuration: string): Start => ({
  experiment: 'halves',
  training: Training.parse(parse(configuration)),
  root,
  promote: false,
});

/** Goes through all eight stages as a run does, keeping what each needed, told and gave. Needs are frozen all the way. */
const walk = async (stages: Stages, start: Start): Promise<Walked> => {
  const walked: Partial<Record<StageName, StageCase<never, object>>> = {};
  let has: object = start;
  for (const stage of Object.values(stages) as Stage<never, object>[]) {
    const needs = frozen({ ...has }) as never;
    const { context, fractions } = listeningContext();
    const outcome: Outcome<object> = await stage.run(needs, context);
    walked[stage.name] = { stage, needs, outcome, fractions };
    has = { ...has, ...outcome.gives };
  }
  return walked as unknown as Walked;
};

const withTraining =
  (change: (training: Training) => Training) =>
  <Needs extends Start>(needs: Needs): Needs => ({ ...needs, training: change(needs.training) });
const withData = (data: Partial<Training['data']>) =>
  withTraining((training) => ({ ...training, data: { ...training.data, ...data } }));
const withHow = (how: Partial<Training['training']>) =>
  withTraining((training) => ({ ...training, training: { ...training.training, ...how } }));
const withOptimizer = (optimizer: Partial<Training['optimizer']>) =>
  withTraining((training) => ({ ...training, optimizer: { ...training.optimizer, ...optimizer } }));
const withGates = withTraining((training) => ({ ...training, gates: [] }));
const withPort = withTraining((training) => ({ ...training, deploy: { ...training.deploy, port: 1 } }));
const withName = <Needs extends Start>(needs: Needs): Needs => ({ ...needs, experiment: 'another' });
const promoting = <Needs extends Start>(needs: Needs): Needs => ({ ...needs, promote: true });

const table = Array.from({ length: 120 }, (_, at) => {
  const x = (at % 24) / 10 - 1.15;
  return `${x},${at % 3 === 0 ? 'red' : 'blue'},${(2 * x + at / 1000).toFixed(3)}`;
});

/** The same suite over pictures with classes, and over a table with numbers. */
const workspaces: Readonly<Record<string, { prepare: (root: string) => void; configuration: string }>> = {
  pictures: { prepare: (root) => writeHalves(root, 40), configuration: halvesConfiguration + gates },
  'a table': {
    prepare: (root) => write(root, 'data/points.csv', ['x,colour,y', ...table].join('\n')),
    configuration: `model: {name: linear}
data: {dataset: data/points.csv, batch_size: 16}
optimizer: {lr: 0.05}
training: {epochs: 8, device: cpu}
gates: [{metric: rmse, at_most: 100}]
`,
  },
};

describe.each(Object.entries(workspaces))('with %s', (_, { prepare, configuration }) => {
  const root = sharedFolder();
  let walked: Walked;
  let close: () => Promise<void>;
  beforeAll(async () => {
    prepare(root);
    const composed = composeStages(root);
    close = composed.close;
    walked = await walk(composed.stages, startOf(root, configuration));
  });
  afterAll(() => close());

  test('the loop comes to its end', () => {
    expect(Object.values(walked).map(({ outcome }) => outcome.status)).toEqual(Array.from({ length: 8 }, () => 'done'));
  });

  test('what a stage gave depends on nothing but its key: done again, it gives the same', async () => {
    const { context } = listeningContext();
    rmSync(layoutOf(root).features, { recursive: true });
    const { featurize, train } = walked;
    expect((await featurize.stage.run(featurize.needs, context)).gives).toEqual(featurize.outcome.gives);
    const again = (await train.stage.run(train.needs, context)).gives.candidate;
    const { mathMs, totalMs, ...first } = train.outcome.gives.candidate;
    expect(again).toMatchObject(first);
    expect(Math.min(mathMs, totalMs)).toBeGreaterThan(0);
  });

  describeStage('version', () => walked.version, {
    matters: {},
    indifferent: {},
    again: (needs) => {
      rmSync(layoutOf(root).indexes, { recursive: true, force: true });
      return needs;
    },
  });

  describeStage('featurize', () => walked.featurize, {
    matters: {
      'the data': (needs) => ({
        ...needs,
        dataset: { ...needs.dataset, dataset: { ...needs.dataset.dataset, hash: otherHash } },
      }),
      'the seed of the split': withTraining((training) => ({
        ...training,
        data: { ...training.data, split: { ...training.data.split, seed: 9 } },
      })),
      'the size of the pictures': withData({ image_size: 16 }),
      'the target': withData({ target: 'x' }),
      'the task': withData({ task: 'regression' }),
    },
    indifferent: {
      'the batch size': withData({ batch_size: 4 }),
      'the number of epochs': withHow({ epochs: 99 }),
      'the place on disk': (needs) => ({ ...needs, root: '/elsewhere' }),
      'the name': withName,
    },
    again: withTraining((training) => ({
      ...training,
      data: { ...training.data, split: { ...training.data.split, seed: 5 } },
    })),
  });

  describeStage('train', () => walked.train, {
    matters: {
      'the rows': (needs) => ({ ...needs, features: { ...needs.features, hash: otherHash } }),
      'the learning rate': withOptimizer({ lr: 0.5 }),
      'the optimizer': withOptimizer({ type: 'sgd' }),
      'the seed': withHow({ seed: 77 }),
      'the number of epochs': withHow({ epochs: 5 }),
      'the batch size': withData({ batch_size: 4 }),
      'the model': withTraining((training) => ({ ...training, model: { ...training.model, name: 'cnn' } })),
    },
    indifferent: {
      'a gate': withGates,
      'the port': withPort,
      'the name': withName,
      'whether it is promoted': promoting,
    },
    again: withHow({ seed: 78 }),
  });

  describeStage('evaluate', () => walked.evaluate, {
    matters: {
      'the model': (needs) => ({ ...needs, candidate: { ...needs.candidate, model: otherHash } }),
      'the rows': (needs) => ({ ...needs, features: { ...needs.features, hash: otherHash } }),
      'the metric shown first': withTraining((training) => ({
        ...training,
        evaluation: { ...training.evaluation, metrics: ['log_loss'] },
      })),
      // There is a champion by now, and none of this name.
      'the champion that it is compared with': withName,
    },
    indifferent: { 'a gate': withGates, 'the port': withPort, 'whether it is promoted': promoting },
    again: (needs) => needs,
  });

  describeStage('gate', () => walked.gate, { matters: {}, indifferent: {}, again: null });
  describeStage('register', () => walked.register, { matters: {}, indifferent: {}, again: null });
  describeStage('deploy', () => walked.deploy, { matters: {}, indifferent: {}, again: (needs) => needs });
  describeStage('monitor', () => walked.monitor, { matters: {}, indifferent: {}, again: null });
});
