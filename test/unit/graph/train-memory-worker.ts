import { sizeOf } from '../../../sidecar/graph/model.ts';
import { judgedRowsFor, trainingBytes } from '../../../sidecar/graph/train-memory.ts';
import { openBareSteps } from '../../support/bare-steps.ts';
import { build } from './models.ts';

/** Trains and judges a little; prints the estimate and the most memory that the process had, in MiB. */
const [architecture = '', side = '', rows = ''] = process.argv.slice(2);
const batch = Number(rows);
const inputShape = [architecture === 'cnn' ? 1 : 3, Number(side), Number(side)];
const model = build({ architecture: architecture as 'cnn', inputShape, outputs: 10, params: {} });
const { stepper, plan, step } = await openBareSteps(model, { batch, inputShape });
(await stepper.buffers(batch)).inputs.fill(0.5);
for (let count = 0; count < 3; count += 1) await step();
const judged = judgedRowsFor(batch);
await stepper.judge(new Float32Array(judged * sizeOf(inputShape)), judged);
const measured = process.resourceUsage().maxRSS / 1024;
const estimate = trainingBytes(model, { batch, loss: plan.loss, optimizer: plan.optimizer }) / 2 ** 20;
process.stdout.write(JSON.stringify({ estimate, measured }));
