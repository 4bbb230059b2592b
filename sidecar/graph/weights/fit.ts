import { withWeights } from '../evaluation.ts';
import { GraphError } from '../graph-error.ts';
import type { Model, Tensor } from '../model.ts';
import { sizeOf } from '../model.ts';
import { runningStatistics, trainableParameters } from '../parameters.ts';
import { headWeights, stemWeight } from './places.ts';
import { fromTimmMobilenet, isTimmMobilenet } from './timm-mobilenet.ts';

/** A trained tensor of a file. */
export interface LoadedTensor {
  readonly dims: readonly number[];
  readonly floats: () => Float32Array;
}

export interface Fitted {
  readonly model: Model;
  /** What was not taken over as it is, a sentence each. */
  readonly notes: readonly string[];
}

/** Names that are written out in an error before the rest is counted. */
const mostNamed = 4;

/**
 * The model with the weights and running statistics of a file, by name, as torchvision and timm name them.
 *
 * A head for another number of classes stays new, so does a first convolution for another stem, and one for three
 * channels is summed over them where the images are grey: each is told. Anything else that does not fit is refused.
 *
 * @throws GraphError that names what is missing or has another shape
 */
export const fitWeights = (model: Model, loaded: ReadonlyMap<string, LoadedTensor>): Fitted => {
  const { graph } = model;
  const statistics = runningStatistics(graph);
  const wanted = [
    ...trainableParameters(graph),
    ...graph.initializers.filter(({ name, type }) => type === 'float32' && statistics.has(name)),
  ];
  const found = byPlainName(loaded);
  const parts = { head: headWeights(graph), stem: stemWeight(graph) };
  const fits = wanted.map((tensor) => fitOne(tensor, found.get(tensor.name), parts));
  const lacking = fits.flatMap((fit) => (fit.kind === 'missing' ? [fit.text] : []));
  if (lacking.length > 0) throw doesNotFit(lacking, wanted.length);
  const names = new Set(wanted.map(({ name }) => name));
  const unused = [...found.keys()].filter((name) => !names.has(name) && !counter.test(name));
  const taken = fits.flatMap((fit): readonly [string, Float32Array][] =>
    fit.kind === 'taken' ? [[fit.name, fit.data]] : [],
  );
  return {
    model: withWeights(model, new Map(taken)),
    notes: [
      ...new Set(fits.flatMap(({ note }) => (note === undefined ? [] : [note]))),
      ...(unused.length === 0 ? [] : [`The file also holds ${listed(unused)}, for which this model has no place.`]),
    ],
  };
};

/** PyTorch counts batches in it; nothing is computed with it. */
const counter = /\.num_batches_tracked$/;

/** `DataParallel` and many training scripts put one word in front of every name. */
const wrappers = ['module.', 'model.', 'state_dict.', 'backbone.'];

const byPlainName = (loaded: ReadonlyMap<string, LoadedTensor>): ReadonlyMap<string, LoadedTensor> => {
  const names = [...loaded.keys()];
  const wrapper = wrappers.find((prefix) => names.length > 0 && names.every((name) => name.startsWith(prefix)));
  const plain = new Map(Array.from(loaded, ([name, tensor]) => [name.slice(wrapper?.length ?? 0), tensor]));
  return isTimmMobilenet([...plain.keys()])
    ? new Map(Array.from(plain, ([name, tensor]) => [fromTimmMobilenet(name), tensor]))
    : plain;
};

interface Parts {
  readonly head: ReadonlySet<string>;
  readonly stem: string | undefined;
}

type Fit =
  | { readonly kind: 'taken'; readonly name: string; readonly data: Float32Array; readonly note?: string }
  | { readonly kind: 'new'; readonly note: string }
  | { readonly kind: 'missing'; readonly text: string; readonly note?: never };

const fitOne = (tensor: Tensor, loaded: LoadedTensor | undefined, { head, stem }: Parts): Fit => {
  const { name, dims } = tensor;
  if (loaded !== undefined && sameDims(dims, loaded.dims)) return { kind: 'taken', name, data: loaded.floats() };
  if (head.has(name)) {
    const classes = loaded === undefined ? 'no head' : `a head of ${loaded.dims[0] ?? 0} classes`;
    return { kind: 'new', note: `The file has ${classes} and the data ${dims[0] ?? 0}; the head begins anew.` };
  }
  if (loaded === undefined) return { kind: 'missing', text: `“${name}” is not in it` };
  if (name === stem) return fitStem(tensor, loaded);
  return { kind: 'missing', text: `“${name}” is ${loaded.dims.join('x')} and should be ${dims.join('x')}` };
};

const sameDims = (a: readonly number[], b: readonly number[]): boolean =>
  a.length === b.length && a.every((dim, index) => dim === b[index]);

const fitStem = ({ name, dims }: Tensor, loaded: LoadedTensor): Fit => {
  const [outputs = 0, channels = 0, ...kernel] = dims;
  const [, theirs = 0, ...theirKernel] = loaded.dims;
  if (!sameDims(kernel, theirKernel)) {
    const [wanted, given] = [kernel.join('x'), theirKernel.join('x')];
    const how = `The first convolution is ${wanted} for images of this size and ${given} in the file; it begins anew.`;
    return { kind: 'new', note: how };
  }
  if (channels !== 1 || loaded.dims[0] !== outputs)
    return { kind: 'new', note: `The first convolution takes ${channels} channels and not ${theirs}; it begins anew.` };
  const note = `The images are grey: the first convolution is the sum of the file’s over its ${theirs} channels.`;
  return { kind: 'taken', name, data: sumChannels(loaded.floats(), outputs, theirs, sizeOf(kernel)), note };
};

/** `[outputs, channels, pixels]` → `[outputs, 1, pixels]`: what the layer gives for an image of equal channels. */
const sumChannels = (weights: Float32Array, outputs: number, channels: number, pixels: number): Float32Array => {
  const sums = new Float32Array(outputs * pixels);
  for (const [index, weight] of weights.entries()) {
    const output = Math.floor(index / (channels * pixels));
    const at = output * pixels + (index % pixels);
    sums[at] = (sums[at] ?? 0) + weight;
  }
  return sums;
};

const listed = (names: readonly string[]): string => {
  const shown = names.slice(0, mostNamed).map((name) => `“${name}”`);
  return names.length > mostNamed ? `${shown.join(', ')} and ${names.length - mostNamed} more` : shown.join(', ');
};

const doesNotFit = (lacking: readonly string[], wanted: number): GraphError => {
  const more = lacking.length > mostNamed ? `, and ${lacking.length - mostNamed} more` : '';
  return new GraphError(
    `The weights belong to another model: ${lacking.length} of ${wanted} tensors do not fit (${lacking.slice(0, mostNamed).join('; ')}${more}).`,
  );
};
