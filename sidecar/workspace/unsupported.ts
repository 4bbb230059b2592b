import type { Training } from '../contract/training.ts';

/** Something that the schema knows and this version cannot do yet. */
export interface Unsupported {
  readonly path: readonly (string | number)[];
  readonly what: string;
  readonly instead: string;
}

interface Rule extends Unsupported {
  readonly asked: (training: Training) => boolean;
}

const builtIn = /^(cifar10|cifar100|mnist|fashion-mnist)(@|$)/;

const architecture = /^(resnet(18|34|50|101|152)|mobilenetv2|cnn|mlp|linear)$/;

const rules: readonly Rule[] = [
  {
    asked: ({ data }) => data.source !== undefined && !builtIn.test(data.dataset),
    path: ['data', 'source'],
    what: 'A source for a data set that is not built in',
    instead: 'Remove data.source, and give the place of the data as data.dataset.',
  },
  {
    asked: ({ model, training }) =>
      training.engine !== 'command' && !architecture.test(model.name) && !/\.onnx$/i.test(model.name),
    path: ['model', 'name'],
    what: 'Training a model of this name',
    instead: 'Use resnet18, 34, 50, 101 or 152, mobilenetv2, cnn, mlp or linear, or `engine: command`.',
  },
  {
    asked: ({ features }) => features.some(isJoined),
    path: ['features'],
    what: 'A feature that is joined from another table',
    instead: 'Join the tables before, and list the columns that this gives: from and transform.',
  },
  { asked: ({ search }) => search !== undefined, path: ['search'], what: 'A search', instead: 'Remove search.' },
  {
    asked: ({ evaluation }) => evaluation.script !== undefined || evaluation.slices.some((slice) => slice !== 'class'),
    path: ['evaluation'],
    what: 'An evaluation script, or a slice other than class,',
    instead: 'Remove it; every class is measured.',
  },
  {
    asked: ({ deploy }) => !['replace', 'none'].includes(deploy.strategy),
    path: ['deploy', 'strategy'],
    what: 'This strategy',
    instead: 'Use replace or none.',
  },
  {
    asked: ({ monitor }) => monitor.alerts.some((alert) => alert.to !== 'vscode'),
    path: ['monitor', 'alerts'],
    what: 'An alert to a webhook or a command',
    instead: 'Use {to: vscode}.',
  },
  {
    asked: ({ monitor }) => monitor.retrain.when !== 'never',
    path: ['monitor', 'retrain', 'when'],
    what: 'Retraining without a person',
    instead: 'Set when: never, and start the retraining yourself.',
  },
  {
    asked: ({ compute }) => compute.kind !== 'local',
    path: ['compute', 'kind'],
    what: 'Training on a cluster',
    instead: 'Use kind: local.',
  },
];

const isJoined = ({ source, entity, column, aggregate, window, at }: Training['features'][number]): boolean =>
  [source, entity, column, aggregate, window, at].some((setting) => setting !== undefined);

/** Everything that a configuration asks for and this version cannot do yet. Nothing of it is left out in silence. */
export const unsupported = (training: Training): readonly Unsupported[] => rules.filter((rule) => rule.asked(training));
