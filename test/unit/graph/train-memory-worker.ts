import { openStepper } from '../../../sidecar/engines/onnx/stepper.ts';
import { scalarsOf } from '../../../sidecar/engines/update.ts';
import { sizeOf } from '../../../sidecar/graph/model.ts';
import { judgedRowsFor, trainingBytes } from '../../../sidecar/graph/train-memory.ts';
import { writeModel } from '../../../sidecar/graph/write.ts';
import type { TrainingPlan } from '../../../sidecar/engines/engine.ts';
import { build } from './models.ts';

/** Trains and judges a little; prints the estimate and the most memory that the process had, in MiB. */
const [architecture = '', side = '', rows = ''] = process.argv.slice(2);
const batch = Number(rows);
const inputShape = [architecture === 'cnn' ? 1 : 3, Number(side), Number(side)];
const model = build({ architecture: architecture as 'cnn', inputShape, outputs: 10, params: {} });
const plan: TrainingPlan = {
  model: writeModel(model),
  epochs: 1,
  batchSize: batch,
  seed: 1,
  loss: 'cross_entropy',
  optimizer: { type: 'adam' },
  learningRate: 1e-3,
  device: 'cpu',
};
const none = { rows: 0, read: () => undefined };
const source = { next: () => undefined, waitedMs: () => 0, close: () => undefined };
const stepper = await openStepper(model, plan, {
  inputShape,
  outputs: 10,
  task: 'classification',
  train: { rows: batch, read: () => undefined, batches: () => source },
  softTargets: false,
  validation: none,
});
(await stepper.buffers(batch)).inputs.fill(0.5);
for (let step = 1; step <= 3; step += 1) await stepper.step({ rows: batch, step, update: scalarsOf(plan, 1e-3, step) });
const judged = judgedRowsFor(batch);
await stepper.judge(new Float32Array(judged * sizeOf(inputShape)), judged);
const measured = process.resourceUsage().maxRSS / 1024;
const estimate = trainingBytes(model, { batch, loss: plan.loss, optimizer: plan.optimizer }) / 2 ** 20;
process.stdout.write(JSON.stringify({ estimate, measured }));
