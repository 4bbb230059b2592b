// Softmax regression by stochastic gradient descent. Run by Trainyard as training.yaml says, or by hand: `node train.mjs`.
import { appendFileSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { softmaxRegression } from './onnx.mjs';

const { TRAINYARD_CONFIG_FILE, TRAINYARD_DATA = 'data', TRAINYARD_OUT = '.', TRAINYARD_SPLIT } = process.env;
const settings = TRAINYARD_CONFIG_FILE ? JSON.parse(readFileSync(TRAINYARD_CONFIG_FILE, 'utf8')) : {};
const { epochs = 30, seed = 7 } = settings.training ?? {};
const { batch_size: batchSize = 32 } = settings.data ?? {};
const { lr = 0.1 } = settings.optimizer ?? {};

const [header, ...lines] = readFileSync(join(TRAINYARD_DATA, 'grain.csv'), 'utf8').trim().split('\n');
const table = lines.map((line) => line.split(','));
const names = header.split(',').slice(0, -1);
// Index k of the model's outputs is the k-th class by name.
const classes = [...new Set(table.map((row) => row.at(-1)))].sort();
const inputs = table.map((row) => row.slice(0, -1).map(Number));
const truth = table.map((row) => classes.indexOf(row.at(-1)));

// Trainyard tells which rows train, so that none of those it will judge by is seen. By hand: every fifth row is kept.
const split = TRAINYARD_SPLIT
  ? JSON.parse(readFileSync(TRAINYARD_SPLIT, 'utf8'))
  : {
      train: table.flatMap((_, row) => (row % 5 === 0 ? [] : [row])),
      validation: table.flatMap((_, row) => (row % 5 === 0 ? [row] : [])),
    };

const mean = names.map((_, f) => split.train.reduce((sum, row) => sum + inputs[row][f], 0) / split.train.length);
const spread = names.map((_, f) =>
  Math.sqrt(split.train.reduce((sum, row) => sum + (inputs[row][f] - mean[f]) ** 2, 0) / split.train.length),
);
const scaled = inputs.map((row) => row.map((value, f) => (value - mean[f]) / spread[f]));

const weights = names.map(() => classes.map(() => 0));
const bias = classes.map(() => 0);

const probabilities = (row) => {
  const logits = bias.map((b, k) => weights.reduce((sum, w, f) => sum + scaled[row][f] * w[k], b));
  const largest = Math.max(...logits);
  const powers = logits.map((logit) => Math.exp(logit - largest));
  const total = powers.reduce((a, b) => a + b);
  return powers.map((power) => power / total);
};

const step = (batch) => {
  const errors = batch.map((row) => probabilities(row).map((p, k) => p - (truth[row] === k ? 1 : 0)));
  const rate = lr / batch.length;
  batch.forEach((row, i) =>
    errors[i].forEach((error, k) => {
      bias[k] -= rate * error;
      weights.forEach((w, f) => (w[k] -= rate * error * scaled[row][f]));
    }),
  );
};

const score = (rows) => {
  const outputs = rows.map(probabilities);
  const right = rows.filter((row, i) => outputs[i].indexOf(Math.max(...outputs[i])) === truth[row]);
  const loss = rows.reduce((sum, row, i) => sum - Math.log(outputs[i][truth[row]]), 0);
  return { loss: loss / rows.length, accuracy: right.length / rows.length };
};

let state = seed;
const uniform = () => (state = (Math.imul(state, 1664525) + 1013904223) >>> 0) / 2 ** 32;
const shuffled = (rows) =>
  rows
    .map((row) => [uniform(), row])
    .sort(([a], [b]) => a - b)
    .map(([, row]) => row);

for (let epoch = 1; epoch <= epochs; epoch++) {
  const order = shuffled(split.train);
  for (let at = 0; at < order.length; at += batchSize) step(order.slice(at, at + batchSize));
  const [train, validation] = [score(split.train), score(split.validation)];
  const metrics = {
    step: epoch * Math.ceil(order.length / batchSize),
    epoch,
    loss: train.loss,
    accuracy: train.accuracy,
    val_loss: validation.loss,
    val_accuracy: validation.accuracy,
  };
  appendFileSync(join(TRAINYARD_OUT, 'metrics.jsonl'), `${JSON.stringify(metrics)}\n`);
  console.log(`epoch ${epoch}/${epochs}  loss ${train.loss.toFixed(4)}  val_accuracy ${validation.accuracy.toFixed(4)}`);
}

// The scaling moves into the weights, so that the model takes the columns as they stand in the table.
const folded = weights.map((w, f) => w.map((value) => value / spread[f]));
const shifted = bias.map((b, k) => folded.reduce((sum, w, f) => sum - mean[f] * w[k], b));
writeFileSync(join(TRAINYARD_OUT, 'model.onnx'), softmaxRegression(folded, shifted));
