import type { Features } from '../../contract/features.ts';
import type { Training } from '../../contract/training.ts';
import type { TrainingPlan } from '../../engines/engine.ts';
import { Fault } from '../../faults.ts';
import type { Optimizer } from '../../graph/optimizers.ts';
import { classWeightsOf } from './class-weights.ts';

interface PlanNeeds {
  readonly training: Training;
  readonly features: Features;
  /** Class numbers of the training rows. */
  readonly targets: Float32Array;
  readonly batchSize: number;
}

/** What an engine is asked to do, the model and the device apart. @throws Fault `configuration-invalid` */
export const planOf = (needs: PlanNeeds): Omit<TrainingPlan, 'model' | 'device'> => {
  const { training, batchSize } = needs;
  const { optimizer, training: how } = training;
  const loss = lossOf(needs);
  return {
    epochs: how.epochs,
    batchSize,
    seed: how.seed,
    loss,
    optimizer: optimizerOf(optimizer),
    learningRate: optimizer.lr,
    schedule: scheduleOf(optimizer.schedule),
    accumulate: how.accumulate,
    ...present({
      gradientClip: how.gradient_clip,
      earlyStopping: how.early_stopping,
      averageDecay: how.ema,
      ...classTerms(needs, loss),
    }),
  };
};

/** The record without what is undefined: a plan leaves out what is not asked for. */
const present = <Value extends object>(record: Value) =>
  Object.fromEntries(Object.entries(record).filter(([, value]) => value !== undefined)) as {
    [Key in keyof Value]?: Exclude<Value[Key], undefined>;
  };

const scheduleOf = ({ type, warmup_epochs, step_epochs, factor }: Training['optimizer']['schedule']) => ({
  type,
  warmupEpochs: warmup_epochs,
  ...present({ stepEpochs: step_epochs, factor }),
});

const lossOf = ({ training, features }: PlanNeeds): TrainingPlan['loss'] => {
  const { loss } = training.training;
  if (loss !== 'auto') return loss;
  return features.task === 'classification' ? 'cross_entropy' : 'mse';
};

const optimizerOf = ({ type, momentum, weight_decay, beta1, beta2, epsilon }: Training['optimizer']): Optimizer =>
  type === 'sgd'
    ? { type, momentum, weightDecay: weight_decay }
    : { type, beta1, beta2, epsilon, weightDecay: weight_decay };

const classTerms = ({ training, features, targets }: PlanNeeds, loss: TrainingPlan['loss']) => {
  const { label_smoothing: labelSmoothing, class_weights: asked } = training.training;
  if (loss === 'mse' && (labelSmoothing > 0 || asked !== 'none'))
    throw new Fault('configuration-invalid', 'Label smoothing and class weights belong to classes; this loss is mse.', {
      hint: 'Remove training.label_smoothing and training.class_weights, or set training.loss to cross_entropy.',
    });
  return {
    labelSmoothing: labelSmoothing === 0 ? undefined : labelSmoothing,
    classWeights: classWeightsOf(asked, features.classes, targets),
  };
};
