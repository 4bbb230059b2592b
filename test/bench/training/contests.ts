import type { BuildRequest } from '../../../sidecar/graph/build.ts';
import { buildModel } from '../../../sidecar/graph/build.ts';
import type { Model } from '../../../sidecar/graph/model.ts';
import { sizeOf } from '../../../sidecar/graph/model.ts';
import { inferShapes } from '../../../sidecar/graph/shapes.ts';

/** One model that all contenders train, on one batch again and again. */
export interface Contest {
  readonly name: 'mlp' | 'cnn' | 'resnet18' | 'resnet50' | 'mobilenetv2';
  readonly params: BuildRequest['params'];
  /** `[channels, height, width]` */
  readonly image: readonly number[];
  /** Steps a round. */
  readonly steps: number;
}

export const batch = 64;
export const classes = 10;

export const contests: readonly Contest[] = [
  { name: 'mlp', params: { hidden: [256, 128] }, image: [1, 28, 28], steps: 200 },
  { name: 'cnn', params: { dropout: 0 }, image: [1, 28, 28], steps: 40 },
  { name: 'resnet18', params: {}, image: [3, 32, 32], steps: 3 },
  { name: 'resnet50', params: {}, image: [3, 32, 32], steps: 2 },
  { name: 'mobilenetv2', params: { dropout: 0 }, image: [3, 96, 96], steps: 3 },
];

export const modelOf = ({ name, params, image }: Contest): Model =>
  buildModel({
    architecture: name,
    params,
    inputShape: image,
    outputs: classes,
    task: 'classification',
    seed: 1,
    normalization: {
      mean: image.slice(0, 1).flatMap((channels) => new Array<number>(channels).fill(0)),
      std: new Array<number>(image[0] ?? 1).fill(1),
    },
  });

/** Multiplications and additions of convolutions and products in one step, in 10^9. */
export const stepGflop = ({ graph }: Model): number => {
  const shapes = inferShapes(graph, { N: batch });
  const shapeOf = (name = '') => shapes.get(name)?.shape ?? [];
  const forward = graph.nodes.flatMap(({ op, inputs, outputs }) => {
    const inner = { Conv: () => sizeOf(shapeOf(inputs[1]).slice(1)), Gemm: () => shapeOf(inputs[1])[1] ?? 0 }[op];
    return inner === undefined ? [] : [2 * sizeOf(shapeOf(outputs[0])) * inner()];
  });
  // Backward costs twice the forward pass, but nobody asks for the gradient of the input.
  return forward.reduce((sum, flop, index) => sum + flop * (index === 0 ? 2 : 3), 0) / 1e9;
};
