import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { format, resolveConfig } from 'prettier';
import { differentiableOperators } from '../sidecar/graph/differentiate.ts';
import { shapedOperators } from '../sidecar/graph/shapes.ts';
import { obstacles, wayOutOfMaps, wayOutOfTrees } from '../sidecar/graph/ways-out.ts';

const pagePath = join(import.meta.dirname, '..', 'docs/operators.md');

const listOf = (operators: readonly string[]): string => operators.map((operator) => `\`${operator}\``).join(', ');

const passedThrough = shapedOperators.filter((operator) => !differentiableOperators.includes(operator));

/** Operators that have the same way out, in one row. */
const rows = (): readonly string[] =>
  [...new Set(obstacles.map(([, way]) => way))].map((way) => {
    const operators = obstacles.filter(([, other]) => other === way).map(([operator]) => operator);
    return `| ${listOf(operators)} | ${way} |`;
  });

const text = (): string => `# What an ONNX file may hold

<!-- Made by tools/operators.ts from the tables of sidecar/graph; a test compares it. -->

\`model.name: ./net.onnx\` fine-tunes an ONNX file of operator set 9 or newer, from PyTorch, Keras, scikit-learn or any
other exporter. It needs one input of numbers and one answer a row. Its weights are where training starts; a head for
another number of classes begins anew, channels that come last are turned, a softmax or sigmoid at the end is taken off
for training and put back for serving, and what was changed is told in the log of the run. Weights that PyTorch keeps in
\`net.onnx.data\` are read from there, in the same folder.

Pixels are normalized in front of the file’s own layers as \`data.augment: [{normalize: …}]\` says; without that, as
the data set’s own mean and deviation say, unless the file begins with a rescaling or normalization of its own.

Most exporters fold batch normalization into the convolutions. Such a file trains with the statistics of then. To keep
it, export with \`torch.onnx.export(…, dynamo=False, training=torch.onnx.TrainingMode.TRAINING,
do_constant_folding=False)\`, or bring the weights as \`.safetensors\` (\`model.pretrained\`) to a model that is built here.

## With a gradient

May lie between the answer and what is trained:
${listOf(differentiableOperators)}.

A Pad only with a constant, a Resize only by whole factors and nearest pixels, an Einsum without ellipses, a
GroupNormalization with one scale a channel, a ConvTranspose with explicit pads.

## Without one

May lie before what is trained, or compute shapes and conditions:
${listOf(passedThrough)}.

## In the way

| Operators | What to do |
| --- | --- |
${rows().join('\n')}
| Operators of \`ai.onnx.ml\` | ${wayOutOfTrees} |
| \`ZipMap\`, sequences and maps as outputs | ${wayOutOfMaps} |

Operators that are named nowhere here are refused by their name and that of their node.
`;

/** The page as it must be. */
export const operatorsPage = async (): Promise<string> => {
  const style = await resolveConfig(pagePath);
  return format(text(), { ...style, filepath: pagePath });
};

/** @returns what the page in docs/ says */
export const writtenOperatorsPage = (): Promise<string> => readFile(pagePath, 'utf8');

if (import.meta.main) await writeFile(pagePath, await operatorsPage());
