import type { Assembly } from '../assembly.ts';
import { intAttribute, intsOf, numberOf } from '../attributes.ts';
import type { Attributes } from '../model.ts';
import { sizeOf } from '../model.ts';
import type { Window } from '../shapes/windows.ts';
import { windowOf } from '../shapes/windows.ts';
import { blockedKind, forwardBlocked, inputGradientBlocked } from '../blocked/convolution.ts';
import { inputGradient } from './convolution-input.ts';
import type { Convolution } from './convolution-parts.ts';
import { windowAttributes } from './convolution-parts.ts';
import { weightGradient } from './convolution-weight.ts';
import { emitConvolution } from './emit-convolution.ts';
import type { GradientRule, GradientRules, Site } from './rule.ts';
import { has, inputName, inputShape, outputName, outputShape } from './rule.ts';

const windowAt = (site: Site): Window =>
  windowOf(site.node, inputShape(site, 0).slice(2), inputShape(site, 1).slice(2));

const conv: GradientRule = {
  forward: (site) => {
    const { assembly, node } = site;
    const window = windowAt(site);
    const { kernel, strides, dilations, before, after } = window;
    const plan = {
      assembly,
      shapeX: inputShape(site, 0),
      shapeW: inputShape(site, 1),
      group: numberOf(node, 'group', 1),
    };
    const kind = blockedKind(plan);
    if (assembly.blocked !== undefined && kind !== undefined) {
      forwardBlocked(assembly.blocked, kind, {
        ...plan,
        x: inputName(site, 0),
        w: inputName(site, 1),
        bias: has(site, 2) ? inputName(site, 2) : undefined,
        output: outputName(site),
        shapeY: outputShape(site),
        window,
      });
      return {};
    }
    // A 1x1 kernel is one product already.
    if (sizeOf(kernel) === 1) assembly.keep(node);
    else
      emitConvolution(
        assembly,
        {
          inputs: node.inputs,
          shapeX: inputShape(site, 0),
          shapeY: outputShape(site),
          strides,
          dilations,
          pads: [...before, ...after],
          group: numberOf(node, 'group', 1),
        },
        outputName(site),
      );
    return {};
  },
  backward: (site) => {
    const { assembly, node, dy, wants } = site;
    const shapeY = outputShape(site);
    const convolution: Convolution = {
      assembly,
      x: inputName(site, 0),
      w: inputName(site, 1),
      dy,
      shapeX: inputShape(site, 0),
      shapeW: inputShape(site, 1),
      shapeY,
      group: numberOf(node, 'group', 1),
      window: windowAt(site),
    };
    return [
      wants(0) ? (blockedInput(convolution) ?? inputGradient(convolution)) : undefined,
      wants(1) ? weightGradient(convolution) : undefined,
      has(site, 2) && wants(2) ? channelSums(assembly, dy, shapeY) : undefined,
    ];
  },
};

/** dX on blocked channels, where the sizes fit. */
const blockedInput = (convolution: Convolution): string | undefined => {
  const kind = blockedKind(convolution);
  return kind === undefined ? undefined : inputGradientBlocked(convolution, kind);
};

const channelSums = (assembly: Assembly, value: string, shape: readonly number[]): string =>
  assembly.reduce('ReduceSum', value, [0, ...shape.slice(2).map((_, index) => index + 2)], 'drop');

/** Y = Convᵀ(X, W): dX is a convolution of dY with W; dW correlates dY, as the image, with X, as the kernel. */
const convTranspose: GradientRule = {
  backward: (site) => {
    const { assembly, node, dy, wants } = site;
    const [shapeX, shapeW, shapeY] = [inputShape(site, 0), inputShape(site, 1), outputShape(site)];
    const spatial = shapeX.slice(2);
    const strides = intsOf(node, 'strides') ?? spatial.map(() => 1);
    const dilations = intsOf(node, 'dilations') ?? spatial.map(() => 1);
    const before = (intsOf(node, 'pads') ?? spatial.map(() => 0)).slice(0, spatial.length);
    const kernel = shapeW.slice(2);
    // The convolution of dY must give exactly X's size, so the padding behind follows from the sizes.
    const after = spatial.map((size, axis) => {
      const reached = (size - 1) * (strides[axis] ?? 1) + ((kernel[axis] ?? 1) - 1) * (dilations[axis] ?? 1) + 1;
      return Math.max(reached - (shapeY[axis + 2] ?? 0) - (before[axis] ?? 0), 0);
    });
    const group = numberOf(node, 'group', 1);
    const window: Window = { kernel, strides, dilations, before, after, output: spatial };
    const attributes: Attributes = {
      ...windowAttributes(strides, dilations, [...before, ...after]),
      group: intAttribute(group),
    };
    const [x, w] = [inputName(site, 0), inputName(site, 1)];
    const mirrored: Convolution = { assembly, x: dy, w, dy: x, shapeX: shapeY, shapeW, shapeY: shapeX, group, window };
    return [
      wants(0) ? assembly.add('Conv', [dy, w], attributes) : undefined,
      wants(1) ? weightGradient(mirrored) : undefined,
      has(site, 2) && wants(2) ? channelSums(assembly, dy, shapeY) : undefined,
    ];
  },
};

export const convolutions: GradientRules = { Conv: conv, ConvTranspose: convTranspose };
